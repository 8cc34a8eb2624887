"""What can be done: every door (admin, command, API, queue) enters here.

Writes across models, each in one transaction; keyword-only, `by` says who.
"""

from imports.actions.alerts import close_alert, open_alert
from imports.actions.batch import Batch, BatchOptions, Races, process_races
from imports.actions.edits import apply_edit, close_conflicts, settle_conflicts
from imports.actions.files import Registered, register_paths, register_uploads
from imports.actions.flags import set_flag
from imports.actions.mappings import save_mapping, switch_mapping
from imports.actions.rebuild import rebuild_stats
from imports.actions.resume import confirm_plan, resume_run
from imports.actions.start import Order, start_revert, start_run
from imports.actions.stop import cancel_runs, give_up
from imports.actions.sweep import sweep
from imports.actions.watch import watch
from imports.actions.work import claim_run, lanes_of, prepare, work_run

__all__ = [
    "Batch",
    "BatchOptions",
    "Order",
    "Races",
    "Registered",
    "apply_edit",
    "cancel_runs",
    "claim_run",
    "close_alert",
    "close_conflicts",
    "confirm_plan",
    "give_up",
    "lanes_of",
    "open_alert",
    "prepare",
    "process_races",
    "rebuild_stats",
    "register_paths",
    "register_uploads",
    "resume_run",
    "save_mapping",
    "set_flag",
    "settle_conflicts",
    "start_revert",
    "start_run",
    "sweep",
    "switch_mapping",
    "watch",
    "work_run",
]
