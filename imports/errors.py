"""What can go wrong, as types: the docstring is the message, facts are attributes.

Rows are never exceptions: a row that cannot be used is a `Rejection`, counted and
shown. This module imports no Django, so that the child process can use it.
"""

from typing import Any


class ImportsError(Exception):
    """Something went wrong while importing. Look at the log of the run."""

    code = "imports_error"
    is_retryable = False

    def __init__(self, message: str = "", **facts: Any) -> None:
        self.facts = facts
        super().__init__(message or (self.__doc__ or "").strip().split("\n")[0])


class NothingToImport(ImportsError):
    """There is no file to import."""

    code = "nothing_to_import"


class StatementInvalid(ImportsError):
    """What is said of the files cannot be; the fact `field` names what."""

    code = "statement_invalid"


class KeyReused(ImportsError):
    """The Idempotency-Key was given with another request."""

    code = "idempotency_key_reused"


class FileRejected(ImportsError):
    """The file cannot be used; the same bytes will fail again."""

    code = "file_rejected"


class UnknownLayout(FileRejected):
    """No layout recognises the columns of the file."""

    code = "unknown_layout"


class OnlyAround(FileRejected):
    """The table has no rows of its own: it stands around those of another."""

    code = "only_around"


class UnknownFormat(FileRejected):
    """The file is of a format that is not read."""

    code = "unknown_format"


class WrongExtension(FileRejected):
    """The file is not what its name says."""

    code = "wrong_extension"


class NotSaid(FileRejected):
    """The file does not say of which meeting or race it is. Say it beside the file."""

    code = "not_said"


class MixedColumns(FileRejected):
    """The laps of the file's tables have different columns. Bring them as files."""

    code = "mixed_columns"


class MalformedFile(FileRejected):
    """The file is damaged or not what its name says."""

    code = "malformed_file"


class EmptyFile(FileRejected):
    """The file is empty. Export it again."""

    code = "empty_file"


class TooManyRejected(FileRejected):
    """More rows are refused than the run allows. Nothing of the file was taken in."""

    code = "too_many_rejected"


class NotACorrection(FileRejected):
    """The file is not a download of rejected rows."""

    code = "not_a_correction"


class CorrectsNothing(FileRejected):
    """The file is a download of rejected rows, and nobody said of which file."""

    code = "corrects_nothing"


class FileUnreadable(FileRejected):
    """The file cannot be opened or read where it lies."""

    code = "file_unreadable"


class FileGone(FileRejected):
    """The file is not there any more."""

    code = "file_gone"
    is_retryable = True


class StillWritten(FileRejected):
    """The file is being written to. It is left for the next time."""

    code = "still_written"
    is_retryable = True


class ReaderFailed(FileRejected):
    """The reader died on this file. Nothing of it was taken in."""

    code = "reader_failed"


class MappingInvalid(ImportsError):
    """The mapping of columns cannot be; the fact `field` names what."""

    code = "mapping_invalid"


class ParserOutOfMemory(ReaderFailed):
    """Reading the file takes more memory than it may. Split it or export it as CSV."""

    code = "parser_oom"


class ParserTimeout(ReaderFailed):
    """Reading the file takes more time than it may. Split it or export it as CSV."""

    code = "parser_timeout"


class ParserCrashed(ReaderFailed):
    """The reader crashed on this file. Nothing of it was taken in; check the file."""

    code = "parser_crash"


class ReaderOutputTooLarge(ReaderFailed):
    """Read, the file gives more than it may. Split it; check for repeated content."""

    code = "reader_output_too_large"


class ArchiveRefused(FileRejected):
    """The archive is not safe to unpack. Pack the files anew, or send them unpacked."""

    code = "archive_refused"


class FlagInvalid(ImportsError):
    """The value is not one that the flag can take."""

    code = "flag_invalid"


class FlagBusy(ImportsError):
    """A change of the flag is being rolled out. Stop or promote that first."""

    code = "flag_busy"


class RolloutRefused(ImportsError):
    """The change cannot be rolled out."""

    code = "rollout_refused"


class EditRefused(ImportsError):
    """The edit cannot be written. Look at what it states."""

    code = "edit_refused"


class IngestDisabled(ImportsError):
    """Ingestion is switched off by the flag ingest_enabled. Switch it on to go on."""

    code = "ingest_disabled"


class LeaseLost(ImportsError):
    """Another lane has taken the race over; nothing of this attempt was kept."""

    code = "lease_lost"
    is_retryable = True


class PlanOutdated(ImportsError):
    """Its rows have changed since the plan was made. Resume the run: it plans again."""

    code = "plan_outdated"


class InputChanged(ImportsError):
    """The stored bytes of a file are not those that were planned."""

    code = "input_changed"


class RunStopped(ImportsError):
    """The run was cancelled between two of its files."""

    code = "run_stopped"


class RunHandedBack(ImportsError):
    """The run waits again, what is staged of it with it: paused, or time was up."""

    code = "run_handed_back"
    is_retryable = True


class RunNotPausable(ImportsError):
    """The run cannot be paused, or continued."""

    code = "run_not_pausable"


class RetryLater(ImportsError):
    """The database was busy or away. Run it again."""

    code = "retry_later"
    is_retryable = True


class DatabaseAway(RetryLater):
    """The database was away for too long. What was committed stays."""

    code = "database_away"


class StagingLost(ImportsError):
    """The staged rows of the race are gone. They are staged again from the files."""

    code = "staging_lost"
    is_retryable = True


class RunNotResumable(ImportsError):
    """The run cannot be resumed."""

    code = "run_not_resumable"


class RunNotRevertable(ImportsError):
    """The run cannot be reverted."""

    code = "run_not_revertable"


class RaceRefused(ImportsError):
    """The database refused a row of the race. Nothing of the race was written."""

    code = "race_refused"


class UnexpectedFailure(ImportsError):
    """Something failed that should not. Nothing of the race was kept; see the log."""

    code = "unexpected_failure"
    is_retryable = True


class Undelivered(ImportsError):
    """What is told of an alert did not arrive."""

    code = "undelivered"
    is_retryable = True
