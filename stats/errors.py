"""What can go wrong with stats, as types: facts are attributes, messages say what to do."""


class StatsError(Exception):
    """Something went wrong with stats."""


class SnapshotInvalid(StatsError):
    """What was given cannot be a snapshot; nothing was written.

    `where` is the argument or the place inside of it, as `data.standings[3].points`.
    """

    def __init__(self, where: str, message: str) -> None:
        self.where = where
        super().__init__(f"{where}: {message} Nothing was written.")


class DuplicateSnapshot(SnapshotInvalid):
    """One batch holds one key twice: which of the two should win is not for us to say."""


class StaleSnapshot(StatsError):
    """The snapshot has another version than the one expected; it was left as it is.

    `found` is the version that it has, 0 where there is no such snapshot.
    """

    def __init__(
        self, *, scope: str, stats_type: str, expected: int, found: int
    ) -> None:
        self.scope = scope
        self.stats_type = stats_type
        self.expected = expected
        self.found = found
        super().__init__(
            f"{stats_type} of {scope}: {_version(expected)} was expected and "
            f"{_version(found)} found. Read it again, and write what then follows; "
            "update_snapshot does both."
        )


def _version(number: int) -> str:
    return f"version {number}" if number else "no snapshot"
