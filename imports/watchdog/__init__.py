"""Keep a queue cluster alive: start it, hear it beat, start it again.

| module         | what it does                                                     |
|----------------|------------------------------------------------------------------|
| `cluster.py`   | the processes: started, stopped, killed with all that they left  |
| `orphans.py`   | no process of a cluster outlives its parent                      |
| `heartbeat.py` | the signs of life, in the database; a worker's own               |
| `verdict.py`   | what follows from them: ring, or kill                            |
| `rounds.py`    | `actions.watch` every so often, whatever becomes of it           |
| `watchdog.py`  | the loop over all of it                                          |

Nothing here knows what a task does: the truth about runs is in their tables, and a
cluster that is killed costs time, never rows.
"""
