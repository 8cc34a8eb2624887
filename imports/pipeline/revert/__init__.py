"""What a run changed -> what it was before, unless something later changed it.

A revert is a run of its own, worked race by race as other runs are. Each row that the
reverted run made, changed or removed is looked at by itself (docs/adr/0014):

* It is as that run left it: it goes back to its revision, or goes, if the run made it.
* It is as it was before that run: there is nothing to do.
* Else a later run changed it: it stays, and is listed with that run.

What the reverted run left is the `before` of the next revision of the row, or what is
stored now; so a later run that was itself put back is in nobody's way. The revert
keeps revisions of what it changes, so that it can be reverted in turn.
"""
