"""Pages as LiveRC makes them, in small: three drivers, ten laps, one who did not start."""

HEAD = [
    "Pos",
    "Driver",
    "Qual",
    "Laps/Time",
    "Behind",
    "Fastest Lap",
    "Avg Lap",
    "Avg Top 5",
    "Avg Top 10",
    "Avg Top 15",
    "Top 3 Consecutive",
    "Std. Deviation",
    "Consistency",
]
#: Number, id, name in the table, name in the script, cells, positions by lap, times.
DRIVERS = (
    (
        "1",
        "101",
        "ANNA O&#39;LOUGHLIN",
        r"ANNA O\'LOUGHLIN",
        "2|4/2:33.110|||38.278|38.2||||1.12|97.08%",
        "2111",
        ("38.17", "38", "39.44", "37.5"),
    ),
    (
        "7",
        "102",
        "Bj\u00f6rn &amp; Co",
        "Bj\u00f6rn & Co",
        "1|4/2:45.162|12.052|37.1<sup>3</sup>|41.29|41.1||||2.80|-3.50%",
        "1222",
        ("40.162", "42", "41", "42"),
    ),
    (
        "007",
        "103",
        "CARL ADAMS",
        "CARL ADAMS",
        "3|2/1:31.382|2 Laps|37.234<sup>2</sup>|45.7|||||0.00|100.10%",
        "33",
        ("54.148", "37.234"),
    ),
)
ABSENT = (
    '<tr><td>4</td><td><span class="car_num">9</span>'
    '<span class="driver_name">DORA ZED</span></td><td>4</td><td>0</td>'
    "<td>2 Laps</td><td></td>"
    + '<td><div class="hidden"></div></td>' * 5
    + "<td></td><td></td></tr>"
)


def page(*, rows: str = "", script: str = "", top: str = "", title: str = "") -> str:
    """Give a page without blanks between its tags."""
    heads = "".join(f"<th>{head}</th>" for head in HEAD)
    drivers = "".join(_row(at, *driver[:3], driver[4]) for at, driver in _places())
    laps = "".join(_laps(*driver) for driver in DRIVERS)
    return (
        f"<!DOCTYPE html><html><head>{top}<title>x :: LiveRC</title></head><body>"
        '<!-- <li class="class_header">not shown</li> -->'
        '<h1 class="page-header"><span class="fa"></span> Ashford R/C</h1>'
        f'<h3 class="page-header">{title or "Spring &amp; Clay Cup"}</h3>'
        '<h5 class="page-header">Nov 16, 2025</h5>'
        '<div class="panel-heading"><i></i> 1/8 Buggy A-Main Results [M1 Race #14]</div>'
        f"<script>var racerLaps = {{}};{script or laps}</script>"
        '<table class="table race_result"><thead><tr><th colspan="14">'
        '<div class="race_num" style="color: white;">14</div>'
        '<span class="class_header">1/8 Buggy A-Main</span><br />'
        '<span class="class_sub_header">Round: Main Events</span><br />'
        '<span class="class_sub_header">Length: 30:00 Timed</span></th></tr>'
        f"<tr>{heads}</tr></thead><tfoot><tr>{heads}</tr></tfoot>"
        f"<tbody>{rows or drivers + ABSENT}</tbody></table>"
        '<div class="panel-heading">Lap-by-Lap Position Graph</div></body></html>'
    )


def pretty(text: str) -> str:
    """Give the page as a formatter lays it out: lines, indents, double quotes."""
    text = text.replace("><", ">\n\t\t<").replace("></", "\n>\n</")
    text = text.replace("'laps':", "\n  laps: ").replace("'lapNum':", "\n\tlapNum: ")
    return text.replace("O\\'", "O\u2019").replace("'", '"').replace("O\u2019", "O'")


def _places() -> list[tuple[int, tuple[str, ...]]]:
    return list(enumerate(DRIVERS, start=1))  # type: ignore[arg-type]


def _row(place: int, number: str, driver_id: str, name: str, cells: str) -> str:
    qual, total, behind, fastest, *averages, deviation, consistency = cells.split("|")
    hidden = "".join(
        f'<td><div class="hidden">{cell}</div>{cell}</td>' for cell in averages
    )
    return (
        f'<tr><td>{place}</td><td><span class="car_num">{number}</span>'
        f'<span class="driver_name">{name}</span><br /><small><a href="#" '
        f'data-driver-id="{driver_id}" class="driver_laps">'
        "<span></span> View Laps</a></small></td>"
        f"<td>{qual}</td><td>{total}</td><td>{behind}</td><td>{fastest}</td>{hidden}"
        f"<td>{deviation}</td><td>{consistency}</td></tr>"
    )


def _laps(*driver: object) -> str:
    _, driver_id, _, name, _, positions, times = driver
    laps = "".join(
        f"{{'lapNum':'{n}','pos':'{p}','time':'{t}','pace':'4/2:30.1','segments':[]}},"
        for n, (p, t) in enumerate(
            zip(f"{positions}"[:1] + f"{positions}", ("0", *times), strict=True)  # type: ignore[misc]
        )
    )
    return (
        f"driverNames.push('{name}');racerLaps[{driver_id}] = {{'driverName':'{name}',"
        f"'top2Consecutive':'74.504','stdDeviation':'2.799','consistency':'92.820',"
        f"'laps':[{laps}],}};console.log(racerLaps[{driver_id}]);"
    )
