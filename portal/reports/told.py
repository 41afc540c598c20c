"""The customer's report of a case: what its page shows them, in their words, language and time zone; nothing of ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.languages import isolated
from cases.models import Case, Event, Team, User
from escalation.models import Promise
from portal.presenters import status
from portal.presenters.casefile import CaseFile
from portal.presenters.milestones import DONE, milestones
from portal.presenters.proof import LEADS_TO, THEIRS, WORDS
from portal.presenters.timeline import story, visible
from portal.reports.shape import HAPPENED, MILESTONES, Line, Report, kept_words, owners, pauses, promised
from portal.templatetags.times import when_words
from portal.templatetags.words import step_word

#: The clocks of promises of ours that a customer knows of.
OURS = tuple(kind for kind in LEADS_TO if kind not in THEIRS)


def report(case: Any, *, house: str, zone: str, at: datetime) -> Report:
    """The case of `page_query` as its customer's report; `house` stands for the engine, `zone` is that of the words."""
    file = CaseFile.load(case)
    told = story(case, house=house, zone=zone, now=at, whole=True)
    ledger = Promise.everything.filter(case=case, clock__told=True, clock__kind__in=OURS)
    words = {kind: str(name) for kind, name in LEADS_TO.items()}
    lines = [
        *(_milestone(step) for step in milestones(file, at)),
        *promised(ledger.select_related("clock"), words, reasons=False),
        *owners(_spans(case), case.closed_at),
        *pauses(file.clocks, str(WORDS["paused"])),
        *(_happened(row) for row in reversed(told.rows)),
    ]
    return Report(case.reference, case.title, _facts(case, file, zone), lines)


def _facts(case: Any, file: CaseFile, zone: str) -> list[tuple[str, str]]:
    rows = [
        (_("Case"), case.reference),
        (_("Topic"), case.category.local_name),
        (_("Filed"), when_words(case.filed_at, zone=zone, style="plain")),
        (_("How it stands"), status.tag(case, partner=file.partner, other=file.other)["word"]),
        (_("How fast we must act"), status.severity_words(case)),
        (_("Who has it"), _who(case.owner, case.team)),
        (_("You next hear from us by"), _next(case, zone)),
        (_("What you told us"), case.description),
        (_("What you would like"), case.expectation),
    ]
    return [(label, str(value)) for label, value in rows if value]


def _next(case: Case, zone: str) -> str:
    return when_words(case.promise_at, zone=zone, style="plain") if case.is_open and case.promise_at else ""


def _who(owner: User | None, team: Team | None) -> str:
    if owner and team:
        return _("%(name)s, %(team)s") % {"name": isolated(owner.first_name), "team": isolated(team.local_name)}
    return owner.first_name if owner else team.local_name if team else ""


def _milestone(step: dict[str, Any]) -> Line:
    """A milestone; a time that is still to come is what is promised of it."""
    done = step["state"] == DONE
    said = [str(part) for part in (step_word(step), step["line"], step.get("kept_line", "")) if part]
    return Line(
        MILESTONES, step["at"] if done else None, step["title"], promised=step["promised"] or (None if done else step["at"]),
        kept=kept_words(step["kept"]), text=" · ".join(said), number=step["number"],
    )  # fmt: skip


def _happened(row: dict[str, Any]) -> Line:
    files = ", ".join(file["name"] for file in row["files"] if file.get("name"))
    text = "\n".join(part for part in (row["text"], files) if part)
    return Line(HAPPENED, row["at"], str(row["title"]), who=row["who"], text=str(text))


def _spans(case: Case) -> list[tuple[datetime, str]]:
    """Who had the case after each thing the customer read of, oldest first."""
    events: list[Event] = list(visible(case))[::-1]
    people = User.objects.in_bulk({event.data.get("owner") for event in events} - {None})
    teams = {team.slug: team for team in Team.objects.only("slug", "name", "translations")}
    return [
        (event.occurred_at, _who(people.get(event.data.get("owner")), teams.get(event.data.get("team") or "")))
        for event in events
    ]
