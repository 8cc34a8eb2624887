"""The records of ingestion: files, runs, checkpoints, conflicts, revisions, flags, workers."""

from imports.models.alert import Alert
from imports.models.alert_delivery import AlertDelivery
from imports.models.column_mapping import ColumnMapping
from imports.models.conflict import Conflict
from imports.models.counts import COUNTS, Counts
from imports.models.failed_attempt import FailedAttempt
from imports.models.feature_flag import FeatureFlag
from imports.models.flag import Flag
from imports.models.flag_change import FlagChange
from imports.models.import_run import ImportRun
from imports.models.kept_answer import KeptAnswer
from imports.models.pulse import Pulse
from imports.models.race_checkpoint import RaceCheckpoint
from imports.models.rejection import Rejection
from imports.models.rollout import Rollout
from imports.models.row_revision import LapRevision, RowRevision
from imports.models.run_file import RunFile
from imports.models.source_file import SourceFile
from imports.models.stage_timing import StageTiming
from imports.models.worker_heartbeat import WorkerHeartbeat

__all__ = [
    "COUNTS",
    "Alert",
    "AlertDelivery",
    "ColumnMapping",
    "Conflict",
    "Counts",
    "FailedAttempt",
    "FeatureFlag",
    "Flag",
    "FlagChange",
    "ImportRun",
    "KeptAnswer",
    "LapRevision",
    "Pulse",
    "RaceCheckpoint",
    "Rejection",
    "Rollout",
    "RowRevision",
    "RunFile",
    "SourceFile",
    "StageTiming",
    "WorkerHeartbeat",
]
