"""The line that every import takes, stage by stage; `run` alone knows the order.

| stage      | takes                          | gives                              | module                |
|------------|--------------------------------|------------------------------------|-----------------------|
| manifest   | bytes, who, priority, when     | SourceFile                         | manifest.py           |
| stage      | SourceFile                     | staged rows, Rejections            | stage.py              |
| plan       | staged rows (reads only)       | the races and their rows           | plan.py               |
| write      | one race's staged rows         | meeting, race, entrants, laps      | write/                |
| checkpoint | a race of a run                | claim, lease, done with the rows   | checkpoint.py         |
| finish     | the settled races              | the state and totals of the run    | finish.py             |
"""
