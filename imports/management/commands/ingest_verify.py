import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import invariants
from imports.invariants import Finding
from imports.models import ImportRun

VIOLATED = 1
NOT_ASKED = 2


class Command(BaseCommand):
    help = "Check what must always hold of the tables; exit code 1 where it does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--run",
            type=int,
            metavar="RUN",
            help="only what is about this run: its counts, races, files, refused rows",
        )
        parser.add_argument(
            "--files",
            action="store_true",
            help="also read every stored file and compare it with the manifest",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on stdout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        run_id = options["run"]
        if run_id and not ImportRun.objects.filter(pk=run_id).exists():
            raise CommandError(
                f"There is no run {run_id}. The admin lists the runs.",
                returncode=NOT_ASKED,
            )
        found = invariants.violated(run_id=run_id)
        if options["files"]:
            found += invariants.damaged_files()
        bad = [finding for finding in found if not finding.invariant.is_warning]
        warnings = [finding for finding in found if finding.invariant.is_warning]
        if options["json"]:
            self.stdout.write(json.dumps(_as_dict(bad, warnings)))
        else:
            self.stdout.write(_as_text(bad, warnings))
        if bad:
            sys.exit(VIOLATED)


def _as_dict(bad: list[Finding], warnings: list[Finding]) -> dict[str, Any]:
    return {
        "is_clean": not bad,
        "violated": [_finding(finding) for finding in bad],
        "warnings": [_finding(finding) for finding in warnings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.invariant.name,
        "count": finding.count,
        "first": list(finding.keys),
        "meaning": finding.invariant.meaning,
        "remedy": finding.invariant.remedy,
    }


def _as_text(bad: list[Finding], warnings: list[Finding]) -> str:
    lines = [_paragraph("VIOLATED", finding) for finding in bad]
    lines += [_paragraph("warning", finding) for finding in warnings]
    if not bad:
        lines.append("Clean: every invariant holds.")
    return "\n".join(lines)


def _paragraph(label: str, finding: Finding) -> str:
    more = "" if finding.count == len(finding.keys) else ", …"
    return (
        f"{label}  {finding.invariant.name}: {finding.count:,}\n"
        f"  {', '.join(finding.keys)}{more}\n"
        f"  {finding.invariant.meaning}\n"
        f"  {finding.invariant.remedy}"
    )
