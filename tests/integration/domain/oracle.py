"""The figures of docs/stats.md in plain Python, slow and obvious, from rows as values."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

GREEN_LAPS = 5


@dataclass
class DrivenLap:
    number: int
    time_ms: int | None = None
    elapsed_ms: int | None = None
    position: int | None = None
    sectors: tuple[int | None, int | None, int | None] = (None, None, None)
    in_pit: bool | None = None
    is_deleted: bool | None = None

    @property
    def timed_ms(self) -> int | None:
        return None if self.is_deleted else self.time_ms or None


@dataclass
class Car:
    key: str
    position: int | None = None
    laps_completed: int | None = None
    total_time_ms: int | None = None
    is_withdrawn: bool | None = None
    all_laps: list[DrivenLap] = field(default_factory=list)
    stops: list[int | None] = field(default_factory=list)

    @property
    def laps(self) -> list[DrivenLap]:
        counted = [lap for lap in self.all_laps if lap.number >= 1]
        return sorted(counted, key=lambda lap: lap.number)

    @property
    def times(self) -> list[int]:
        return [lap.timed_ms for lap in self.laps if lap.timed_ms]

    @property
    def best(self) -> tuple[int, int] | None:
        timed = [(lap.timed_ms, lap.number) for lap in self.laps if lap.timed_ms]
        return min(timed, default=None)

    @property
    def last_lap(self) -> int | None:
        return self.laps[-1].number if self.laps else None

    @property
    def elapsed_ms(self) -> int | None:
        return self.laps[-1].elapsed_ms if self.laps else None

    def clock_at(self, number: int) -> int | None:
        """Give the sum of the laps up to one, if all of them are there."""
        times = [lap.time_ms for lap in self.laps if lap.number <= number]
        return sum(times) if len(times) == number and all(times) else None  # type: ignore[arg-type]

    @property
    def clocked_ms(self) -> int | None:
        return self.clock_at(self.last_lap) if self.last_lap else None

    @property
    def is_at_finish(self) -> bool:
        return self.laps_completed in (None, self.last_lap)


@dataclass
class Contest:
    kind: str | None
    cars: list[Car]

    @property
    def is_contest(self) -> bool:
        return self.kind not in ("practice", "qualifying")

    @property
    def counted(self) -> list[Car]:
        return [car for car in self.cars if not car.is_withdrawn]


def mean(values: Iterable[int]) -> float | None:
    held = list(values)
    return sum(held) / len(held) if held else None


def breaks(car: Car) -> list[int]:
    stated = {lap for lap in car.stops if lap}
    marked = {lap.number for lap in car.laps if lap.in_pit}
    if stated:
        names_out = any(n - 1 in marked and n not in marked for n in stated)
        return sorted({n - names_out for n in stated} - {0})
    return sorted(number for number in marked if number - 1 not in marked)


def stints(car: Car) -> list[tuple[int, int, list[DrivenLap]]]:
    edges = [0, *breaks(car), 10**9]
    split = [
        (after, until, [lap for lap in car.laps if after < lap.number <= until])
        for after, until in pairwise(edges)
    ]
    return [stint for stint in split if stint[2]]


def stint_rows(car: Car) -> list[dict[str, Any]]:
    return [
        {
            "first_lap": laps[0].number,
            "last_lap": laps[-1].number,
            "laps": len(laps),
            "best_ms": min(
                (lap.timed_ms for lap in laps if lap.timed_ms), default=None
            ),
            "mean_ms": mean(lap.timed_ms for lap in laps if lap.timed_ms),
        }
        for _, _, laps in stints(car)
    ]


def green_times(car: Car) -> list[int]:
    if not car.times:
        return []
    limit = int(1.07 * statistics.median(car.times))
    return [
        lap.timed_ms
        for after, until, laps in stints(car)
        for lap in laps
        if lap.timed_ms
        and lap.timed_ms <= limit
        and not lap.in_pit
        and after + 1 < lap.number < until
    ]


def consistency(car: Car) -> float | None:
    green = green_times(car)
    if len(green) < GREEN_LAPS:
        return None
    return 1 - statistics.stdev(green) / statistics.mean(green)


def theoretical_best(race: Contest, car: Car) -> int | None:
    def bests(of: Car) -> list[int | None]:
        standing = [lap.sectors for lap in of.laps if not lap.is_deleted]
        return [min((s[n] for s in standing if s[n]), default=None) for n in range(3)]

    stated = [n for n in range(3) if any(bests(other)[n] for other in race.cars)]
    own = [bests(car)[n] for n in stated]
    return sum(own) if stated and all(own) else None  # type: ignore[arg-type]


def best_rank(race: Contest, car: Car) -> int | None:
    if car.best is None:
        return None
    return 1 + sum(other.best < car.best for other in race.cars if other.best)


def order(race: Contest) -> tuple[str | None, dict[str, int]]:
    """Give what the order is taken from, and the place of each that has one."""
    if any(car.position is not None for car in race.counted):
        placed = {c.key: c.position for c in race.counted if c.position is not None}
        return "result", placed
    drove = [car for car in race.counted if car.laps]
    clock: Callable[[Car], int | None] | None = None
    if race.is_contest and drove:
        if all(car.elapsed_ms is not None for car in drove):
            clock = lambda car: car.elapsed_ms  # noqa: E731
        elif all(car.clocked_ms is not None for car in drove):
            clock = lambda car: car.clocked_ms  # noqa: E731
    if clock is None:
        return None, {}
    scores = {car.key: (-car.last_lap, clock(car)) for car in drove}  # type: ignore[operator]
    return "laps", {
        key: 1 + sum(other < score for other in scores.values())
        for key, score in scores.items()
    }


def _leader(placed: list[tuple[int, Car]]) -> Car:
    inf = float("inf")

    def standing(pair: tuple[int, Car]) -> Any:
        place, car = pair
        completed = car.laps_completed
        total = car.total_time_ms
        return (
            place,
            -completed if completed is not None else inf,
            total if total is not None else inf,
            car.key,
        )

    return min(placed, key=standing)[1]


def measure(race: Contest, leader: Car) -> tuple[str | None, Any, Any]:
    """Give the measure's name, and functions from a car to its laps and its time."""
    is_published = leader.laps_completed is not None or leader.total_time_ms is not None
    laps = (
        (lambda car: car.laps_completed) if is_published else (lambda car: car.last_lap)
    )

    def elapsed(car: Car) -> int | None:
        return car.elapsed_ms if car.is_at_finish else None

    def clocked(car: Car) -> int | None:
        return car.clocked_ms if car.is_at_finish else None

    if leader.total_time_ms is not None:
        return "result", laps, lambda car: car.total_time_ms
    if race.is_contest and elapsed(leader) is not None:
        return "elapsed", laps, elapsed
    if race.is_contest and clocked(leader) is not None:
        return "laps", laps, clocked
    if race.is_contest and leader.laps_completed is not None:
        return "result", laps, lambda car: None
    return None, lambda car: None, lambda car: None


def gaps(race: Contest) -> tuple[str | None, dict[str, dict[str, int | None]]]:
    """Give what gaps are taken from, and the four gaps of each that has a place."""
    places = order(race)[1]
    placed = [(places[c.key], c) for c in race.cars if places.get(c.key, 0) >= 1]
    if not placed:
        return None, {}
    leader = _leader(placed)
    name, laps, time = measure(race, leader)

    def between(front: tuple[Any, Any], car: Car, prefix: str) -> dict[str, int | None]:
        front_laps, front_time = front
        behind = both(front_laps, laps(car))
        is_level = front_laps == laps(car)
        ms = both(time(car), front_time) if is_level else None
        return {f"{prefix}_laps": behind, f"{prefix}_ms": ms}

    found = {}
    for place, car in placed:
        row = dict.fromkeys(
            ("gap_to_leader_laps", "gap_to_leader_ms"), None
        ) | dict.fromkeys(("gap_to_ahead_laps", "gap_to_ahead_ms"), None)
        if min(p for p, _ in placed) == 1:
            row |= between((laps(leader), time(leader)), car, "gap_to_leader")
        before = [p for p, _ in placed if p < place]
        ahead = [c for p, c in placed if before and p == max(before)]
        if before and place <= max(before) + len(ahead):
            front = (
                max((laps(c) for c in ahead if laps(c) is not None), default=None),
                min((time(c) for c in ahead if time(c) is not None), default=None),
            )
            row |= between(front, car, "gap_to_ahead")
        found[car.key] = row
    return name, found


def both(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def leads(race: Contest) -> tuple[str | None, list[str]]:
    """Give what tells who led, and the leader of each lap that has one."""
    if not race.is_contest:
        return None, []
    laps = [(lap, car) for car in race.counted for lap in car.laps]
    every = [lap for car in race.cars for lap in car.laps]
    if any(lap.position is not None for lap in every):
        name = "positions"
    elif any(lap.elapsed_ms is not None for lap in every):
        name = "elapsed"
    else:
        name = "laps"
    found = []
    for number in sorted({lap.number for lap, _ in laps}):
        there = [(lap, car) for lap, car in laps if lap.number == number]
        if name == "positions":
            first = [(0, car.key) for lap, car in there if lap.position == 1]
        else:
            clocks = [
                (
                    lap.elapsed_ms if name == "elapsed" else car.clock_at(number),
                    car.key,
                )
                for lap, car in there
            ]
            first = [] if any(ms is None for ms, _ in clocks) else clocks  # type: ignore[misc]
        if first:
            found.append(min(first)[1])
    return (name if found else None), found


def entrant_figures(race: Contest) -> dict[str, dict[str, Any]]:
    """Give the stats of every car, by its key."""
    no_gaps = dict.fromkeys(
        (
            "gap_to_leader_laps",
            "gap_to_leader_ms",
            "gap_to_ahead_laps",
            "gap_to_ahead_ms",
        )
    )
    measured = gaps(race)[1]
    led = leads(race)[1]
    return {
        car.key: {
            "laps": sum(not lap.is_deleted for lap in car.laps),
            "timed_laps": len(car.times),
            "total_ms": sum(car.times) or None,
            "best_ms": car.best and car.best[0],
            "best_lap": car.best and car.best[1],
            "best_rank": best_rank(race, car),
            "mean_ms": mean(car.times),
            "median_ms": statistics.median(car.times) if car.times else None,
            "stddev_ms": statistics.stdev(car.times) if len(car.times) > 1 else None,
            "theoretical_best_ms": theoretical_best(race, car),
            "green_laps": len(green_times(car)),
            "consistency": consistency(car),
            "laps_led": led.count(car.key) if led else None,
            "stints": stint_rows(car),
            **measured.get(car.key, no_gaps),
        }
        for car in race.cars
    }


def race_figures(race: Contest) -> dict[str, Any]:
    """Give the stats of the race; entrants by their keys."""
    order_from, places = order(race)
    gaps_from, measured = gaps(race)
    lead_from, led = leads(race)
    sums = [c.laps_completed for c in race.counted if c.laps_completed is not None]
    missing = [
        max(c.laps_completed - len(c.laps), 0)
        for c in race.counted
        if c.laps_completed is not None
    ]
    ranked = sorted((place, key) for key, place in places.items() if place >= 1)
    second = ranked[1] if len(ranked) > 1 and ranked[0][0] == 1 else None
    margin = measured[second[1]] if second and second[0] <= 2 else {}
    best = min(((*car.best, car.key) for car in race.cars if car.best), default=None)
    totals = [sum(car.times) for car in race.cars if car.times]
    standing = [sum(not lap.is_deleted for lap in car.laps) for car in race.cars]
    return {
        "entrants": len(race.cars),
        "entrants_with_laps": sum(laps > 0 for laps in standing),
        "laps": sum(standing),
        "held_laps": sum(len(car.laps) for car in race.cars),
        "expected_laps": sum(sums) if sums else None,
        "missing_laps": sum(missing) if missing else None,
        "total_ms": sum(totals) if totals else None,
        "fastest_lap_ms": best and best[0],
        "fastest_lap_number": best and best[1],
        "fastest_lap_entrant": best and best[2],
        "order_from": order_from,
        "winner": ranked[0][1] if ranked and ranked[0][0] == 1 else None,
        "gaps_from": gaps_from,
        "margin_ms": margin.get("gap_to_leader_ms"),
        "margin_laps": margin.get("gap_to_leader_laps"),
        "lead_from": lead_from,
        "led_laps": len(led) or None,
        "leaders": len(set(led)) or None,
        "lead_changes": (sum(a != b for a, b in pairwise(led)) if led else None),
    }
