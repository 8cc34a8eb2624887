"""Bytes -> a lazy frame of text columns with row numbers. Imports no Django.

`sandbox` starts the child process that all of this runs in; `child` is its main;
`frames` is what the two speak.
"""
