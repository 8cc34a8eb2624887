"""What the API is asked about: a season, conflicts, refused rows, a plan, a waiting run.

And who asks: one who may do everything. Import this after Django is set up.
"""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts import tokens
from imports import actions
from imports.actions import BatchOptions, Order
from imports.models import ImportRun
from imports.pipeline.manifest import Statement

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "f1_2022"
HEADER = "meeting,race,entrant,lap,time_ms"
#: Each is imported after those before it.
CLUB = (
    "ash,1,ann,1,62500\nash,1,ann,2,61250\nash,1,bob,1,x\n",
    "ash,1,ann,1,62900\nash,1,ann,2,61250\nash,1,bob,2,\n",
)
PLANNED = "ash,1,ann,3,60100\nash,2,ann,1,60000\n"
WAITING = "ash,3,ann,1,60000\n"


def build(*, with_season: bool = True) -> None:
    """Import what the API will be asked about."""
    if with_season:
        call_command("ingest_races", str(SAMPLE), source="f1", quiet=True)
    for text in CLUB:
        run = bring(text)
        actions.work_run(run, options=BatchOptions(name="world"))
    actions.prepare(bring(PLANNED, dry_run=True), owner="world")
    bring(WAITING, in_queue=True)


def bring(text: str, *, dry_run: bool = False, in_queue: bool = False) -> ImportRun:
    """Make a run of a file of the club."""
    upload = SimpleUploadedFile("laps.csv", f"{HEADER}\n{text}".encode())
    files = actions.register_uploads([upload], statement=Statement(source="club"))
    order = Order(trigger=ImportRun.Trigger.COMMAND, dry_run=dry_run)
    return actions.start_run(files, order=order, in_queue=in_queue)


def credentials() -> str:
    """Give the header Authorization of one who may do everything."""
    user, _ = get_user_model().objects.get_or_create(
        username="fuzz", is_superuser=True, is_staff=True
    )
    issued = tokens.issue(user, name="fuzz", scopes=["read", "upload", "run"], days=1)
    return f"Bearer {issued.secret}"
