"""`manage.py export_case REF`: one case to take away, with the proof of every time it was promised."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from cases import brand
from cases.models import Case
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from cases.snapshot import snapshot
from portal import clock
from portal.presenters.export import export
from portal.templatetags.times import exact_words, when_words


class Command(BaseCommand):
    help = "Prints one case: what happened, what was said, and every time that was promised with its working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="such as MP-7K4M-29")
        parser.add_argument("--json", action="store_true", help="for a machine, with everything")
        parser.add_argument("--customer", action="store_true", help="only what its customer may see: no internal notes")

    def handle(self, *args: Any, reference: str, customer: bool, **options: Any) -> None:
        case = self._case(reference)
        zone = settings.COMPANY_TIME_ZONE
        with snapshot():
            made = export(case, for_customer=customer, house=brand.current().name, zone=zone, at=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(made, ensure_ascii=False, indent=1))
            return
        for line in lines(made, zone):
            self.stdout.write(line)

    def _case(self, typed: str) -> Case:
        try:
            reference = read_reference(typed, reference_prefix())
        except BadReference as why:
            raise CommandError(str(why)) from None
        rows = Case.objects.select_related("category", "team", "owner", "customer")
        case = rows.filter(reference=reference).first()
        if case is None:
            raise CommandError(f"There is no case {reference}.")
        return case


def lines(made: dict[str, Any], zone: str) -> list[str]:
    """The export for a person's eyes: times in `zone`, one line each."""

    def when(text: str | None) -> str:
        instant: datetime | None = parse_datetime(text) if text else None
        return when_words(instant, zone=zone) if instant else "-"

    case = made["case"]
    said = [f"{case['reference']}  {case['title']}", f"{case['topic']}, {case['severity']}, level {case['level']}"]
    said += ["", f"What happened ({zone})"]
    said += [
        f"  {when(row.get('at') or row.get('occurred_at'))}  {row.get('title') or row['kind']}"
        for row in made["events"]
    ]
    said += ["", "What was said"]
    said += [f"  {when(row['at'])}  {row['by'] or row['from']}: {row['text']}" for row in made["messages"]]
    if made["files"]:
        said += ["", "Files"]
        said += [f"  {when(row['at'])}  {_named(row)}" for row in made["files"]]
    if "notes" in made:
        said += ["", "Internal notes"]
        said += [f"  {when(row['at'])}  {row['by']}: {row['text']}" for row in made["notes"]]
    said += ["", "Times, with their working"]
    for clock_ in made["clocks"]:
        due = f"due {when(clock_['due_at'])}" if clock_["due_at"] else f"stopped since {when(clock_['stopped_since'])}"
        said.append(f"  {clock_['promises'] or clock_['kind']}: {due}, {clock_['outcome'] or 'running'}")
        for row in clock_["intervals"]:
            note = row["note"] or row["what"]
            said.append(f"    {when(row['from'])} to {when(row['to'])}  {note}: {exact_words(row['seconds'])}")
        said.append(f"    counted {exact_words(clock_['counted_seconds'])} of {exact_words(clock_['target_seconds'])}")
    return said


def _named(file: dict[str, Any]) -> str:
    """One file in a line: its name, what it shows, its size."""
    words = f"{file['name']} ({file['shows']})" if file["shows"] else file["name"] or file["state"]
    return f"{words}, {file['bytes']:,} bytes"
