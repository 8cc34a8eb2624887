"""Bad files of every kind, made when they are needed, and what must become of each.

One module a family of faults, each with its table `FILES`; `families` lists them.
`write` makes the files, `bring` imports them, `verdict` compares, `run` does it all for
`make corpus`. Nothing here is anyone's data.
"""
