"""The records of ingestion: files, runs, checkpoints, rejections, flags."""

from imports.models.counts import COUNTS, Counts
from imports.models.feature_flag import FeatureFlag
from imports.models.import_run import ImportRun
from imports.models.race_checkpoint import RaceCheckpoint
from imports.models.rejection import Rejection
from imports.models.run_file import RunFile
from imports.models.source_file import SourceFile
from imports.models.stage_timing import StageTiming

__all__ = [
    "COUNTS",
    "Counts",
    "FeatureFlag",
    "ImportRun",
    "RaceCheckpoint",
    "Rejection",
    "RunFile",
    "SourceFile",
    "StageTiming",
]
