"""What can be done: every door (admin, command, API, queue) enters here.

Writes across models, each in one transaction; keyword-only, `by` says who.
"""

from imports.actions.alerts import (
    acknowledge_alerts,
    close_alert,
    close_alerts,
    open_alert,
)
from imports.actions.answers import (
    Answer,
    Asked,
    answer_once,
    kept_answer,
    purge_answers,
)
from imports.actions.batch import (
    INTERRUPTED,
    Batch,
    BatchOptions,
    Races,
    process_races,
)
from imports.actions.deliver import deliver_alerts
from imports.actions.edits import (
    ROW_IS_GONE,
    apply_edit,
    close_conflicts,
    settle_conflicts,
)
from imports.actions.evaluate import evaluate_alerts
from imports.actions.files import Registered, register_paths, register_uploads
from imports.actions.flags import apply_profile, restore_flag, set_flag
from imports.actions.inbox import LeftOut, TakenIn, take_in
from imports.actions.mappings import save_mapping, switch_mapping
from imports.actions.pause import continue_run, pause_run
from imports.actions.rebuild import rebuild_stats
from imports.actions.resume import confirm_plan, resume_run
from imports.actions.rollouts import (
    Guard,
    judge,
    promote_rollout,
    start_rollout,
    stop_rollout,
)
from imports.actions.start import Order, start_revert, start_run
from imports.actions.stop import cancel_runs, give_up
from imports.actions.sweep import sweep
from imports.actions.watch import Looked, look, tell_database_unreachable, watch
from imports.actions.work import claim_run, lanes_of, prepare, work_run

__all__ = [
    "INTERRUPTED",
    "ROW_IS_GONE",
    "Answer",
    "Asked",
    "Batch",
    "BatchOptions",
    "Guard",
    "LeftOut",
    "Looked",
    "Order",
    "Races",
    "Registered",
    "TakenIn",
    "acknowledge_alerts",
    "answer_once",
    "apply_edit",
    "apply_profile",
    "cancel_runs",
    "claim_run",
    "close_alert",
    "close_alerts",
    "close_conflicts",
    "confirm_plan",
    "continue_run",
    "deliver_alerts",
    "evaluate_alerts",
    "give_up",
    "judge",
    "kept_answer",
    "lanes_of",
    "look",
    "open_alert",
    "pause_run",
    "prepare",
    "process_races",
    "promote_rollout",
    "purge_answers",
    "rebuild_stats",
    "register_paths",
    "register_uploads",
    "restore_flag",
    "resume_run",
    "save_mapping",
    "set_flag",
    "settle_conflicts",
    "start_revert",
    "start_rollout",
    "start_run",
    "stop_rollout",
    "sweep",
    "switch_mapping",
    "take_in",
    "tell_database_unreachable",
    "watch",
    "work_run",
]
