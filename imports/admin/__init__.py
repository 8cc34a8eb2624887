"""What staff see and do: upload, watch runs, look at what was refused, set flags.

In menu order. Every write is one call of `imports.actions`.
"""

# isort: off
from imports.admin.import_run import ImportRunAdmin
from imports.admin.alert import AlertAdmin
from imports.admin.source_file import SourceFileAdmin
from imports.admin.column_mapping import ColumnMappingAdmin
from imports.admin.race_checkpoint import RaceCheckpointAdmin
from imports.admin.conflict import ConflictAdmin
from imports.admin.rejection import RejectionAdmin
from imports.admin.stage_timing import StageTimingAdmin
from imports.admin.feature_flag import FeatureFlagAdmin
from imports.admin.worker_heartbeat import WorkerHeartbeatAdmin
from imports.admin.rollout import RolloutAdmin
from imports.admin.flag_change import FlagChangeAdmin

__all__ = [
    "AlertAdmin",
    "ColumnMappingAdmin",
    "ConflictAdmin",
    "FeatureFlagAdmin",
    "FlagChangeAdmin",
    "ImportRunAdmin",
    "RaceCheckpointAdmin",
    "RejectionAdmin",
    "RolloutAdmin",
    "SourceFileAdmin",
    "StageTimingAdmin",
    "WorkerHeartbeatAdmin",
]
