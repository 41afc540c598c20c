"""“Likely late”: open cases whose next promise may be missed, with how likely, why, and what would lower it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from cases.access import AUDIT, WORK
from cases.lifecycle import ACTIVE, State
from cases.models import Case, User
from escalation import likely, load
from escalation.book import office_hours
from escalation.directory import Directory
from escalation.facts import Clock
from escalation.likely import HIGH, LOW, RAISED, Chance, Past, Record
from escalation.load import Carried
from escalation.models import StageClock
from escalation.permits import PERMITS, Actor, refusal
from feedback.durations import silent
from feedback.models import CaseFact
from portal.console.home_rows import act_url
from portal.console.needs import door
from portal.console.words import clock_name, make_tag, milestone_words, span, who_has
from portal.insights.lately import lately
from portal.templatetags.times import count

#: Cases looked at, the nearest first, and how far ahead; rows shown.
NEAR, AHEAD, SHOWN = 500, timedelta(days=7), 50
#: A low chance is worth a line for what else is so only when it is due within this.
SOON_ENOUGH = timedelta(days=1)
#: Office hours without a word of ours that are worth a line.
SILENT = 8 * 3600
BANDS = {LOW: ("half", "neutral", "Low"), RAISED: ("triangle", "soon", "Raised"), HIGH: ("diamond", "late", "High")}
#: What ends a step, by its kind: what would lower the chance at once.
ENDS = {
    Clock.REVIEW: "review", Clock.ACKNOWLEDGE: "acknowledge", Clock.UPDATE: "update", Clock.REPLY: "update",
    Clock.REFER_UP: "escalate", Clock.RESOLVE: "answer", Clock.SUPERVISOR: "answer_supervisor",
}  # fmt: skip
WEEKS = likely.LOOK_BACK.days // 7


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are made of, read once."""

    past: Past
    breaks: dict[int, list[datetime]]
    directory: Directory
    carried: dict[int, Carried]
    silence: dict[int, float]
    people: dict[int, User]
    record: Record
    actor: Actor
    zone: str
    now: datetime


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("board/likely/", door(site, page, WORK, AUDIT), name="likely_late")]


@require_safe
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The list, and how often such a list was right."""
    frame = site.each_context(request)
    now = frame["now"]
    near = near_steps(Case.objects.visible_to(frame["viewer"]), now)
    known = read(near, frame)
    made = (row_of(clock, known) for clock in near)
    rows = sorted((row for row in made if row), key=lambda row: row["order"])
    context = {
        "title": "Likely late",
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "looked": len(near),
        "honest": honesty(known.record),
        "hidden": known.record.known and not known.record.helps,
        "board": reverse("admin:board"),
    }
    return TemplateResponse(request, "console/likely.html", frame | context)


def near_steps(cases: Any, now: datetime) -> list[StageClock]:
    """The next promises of `cases` that are not missed yet, the nearest first; where we wait for the customer none runs."""
    ours = cases.open().filter(
        state__in=[state for state in ACTIVE if state != State.WAITING_CUSTOMER], is_history=False
    )
    running = StageClock.objects.filter(
        case__in=ours, outcome=None, promise=True, due_at__gt=now, due_at__lte=now + AHEAD, kind__in=Clock.CLIMBS
    )
    beside = ("case", "case__category", "case__owner", "case__owner__organisation", "case__team", "case__customer")
    return list(running.select_related(*beside).order_by("due_at", "pk")[:NEAR])


def read(near: list[StageClock], frame: dict[str, Any]) -> Known:
    """The past, and what is known of these cases and of who has them: some ten questions, however many there are."""
    now = frame["now"]
    ids = [clock.case_id for clock in near]
    looked, _ = lately(("likely late",), lambda: looked_back(now), lambda found: found.steps, at=now)
    directory = Directory.load(now - load.LOOK_BACK)
    carried = {one.person.pk: one for _, one in load.Picture(now, directory).findings() if one.too_many}
    hours = office_hours() if near else None
    facts: Any = CaseFact.objects.filter(case__in=ids, silent_since__isnull=False).values(
        "case_id", "silent_since", "case__protocol"
    )
    silence = {row["case_id"]: silent(row, hours, now) for row in facts} if hours else {}
    owners = {clock.case.owner_id for clock in near if clock.case.owner_id}
    instead = {directory.roster.stand_in(one, now) for one in owners}
    return Known(
        past=looked.past,
        breaks=looked.breaks | likely.broken(now, Case.objects.filter(pk__in=ids)),
        directory=directory,
        carried=carried,
        silence=silence,
        people=User.objects.in_bulk([one for one in instead if one]),
        record=looked.record,
        actor=frame["actor"],
        zone=frame["zone"],
        now=now,
    )


@dataclass(frozen=True, slots=True)
class LookedBack:
    """Of everybody's cases: what became of steps, which case broke a promise when, how often the rule was right, of how many steps."""

    past: Past
    breaks: dict[int, list[datetime]]
    record: Record
    steps: int


def looked_back(now: datetime) -> LookedBack:
    steps, breaks = likely.ended(now), likely.broken(now)
    return LookedBack(likely.lately(steps, now), breaks, likely.tried_on(steps, breaks, now), len(steps))


def row_of(clock: StageClock, known: Known) -> dict[str, Any] | None:
    """A case with its band, its reasons and what would lower it; None where nothing speaks for being late."""
    case = clock.case
    used = likely.share(clock.started_at, clock.due_at, known.now)  # type: ignore[arg-type]
    group = (clock.kind, clock.tier, case.category_id)
    chance = known.past.chance(group, used, before=case.pk in known.breaks)
    beside = circumstances(clock, known)
    far = clock.due_at - known.now > SOON_ENOUGH  # type: ignore[operator]
    if (chance is None or chance.band == LOW) and (far or not beside):
        return None
    band = chance.band if chance else LOW
    verb = ENDS[clock.kind]
    may = not refusal(verb, case, known.actor, running={clock.kind})
    return {
        "case": case,
        "url": reverse("admin:cases_case_change", args=[case.pk]),
        "tag": make_tag(*BANDS[band]) if chance else None,
        "what": clock_name(clock.kind),
        "due": clock.due_at,
        "left": span(clock.due_at - known.now),  # type: ignore[operator]
        "milestone": milestone_words(case),
        "who": who_has(case),
        "reasons": [*chance_words(chance, clock, used, known), *beside],
        "act": {"label": PERMITS[verb].label, "url": act_url(case, verb)} if may else None,
        "order": (-band, -(chance.share if chance else 0), clock.due_at, case.pk),
    }


def chance_words(chance: Chance | None, clock: StageClock, used: float, known: Known) -> list[str]:
    """What the record of steps like it says, and that this case broke a promise before."""
    if chance is None:
        return [f"Fewer than {likely.LEAST} like it ended lately: no chance is named"]
    kind, level, topic = chance.group
    like = [
        Clock.NAMES[kind],
        f"at level {level}" if level else "",
        f"about {clock.case.category}" if topic else "",
    ]
    words = [
        f"{used:.0%} of its time is over. Of {count(chance.like, 'step')} like it ({' '.join(w for w in like if w)}) that were "
        f"still open so late, {chance.missed} {'was' if chance.missed == 1 else 'were'} missed"
    ]
    if chance.before:
        words.append(f"This case has broken {count(len(known.breaks[clock.case_id]), 'promise')} before")
    return words


def circumstances(clock: StageClock, known: Known) -> list[str]:
    """What is so now and moves no band: nobody has it, who has it is away or carries too much, the customer hears nothing."""
    case, roster = clock.case, known.directory.roster
    said = []
    if case.owner is None and clock.kind not in (Clock.REVIEW, Clock.ACKNOWLEDGE):
        said.append("No one has it by name")
    elif case.owner is not None and clock.due_at and roster.is_away(case.owner.pk, clock.due_at):
        instead = known.people.get(roster.stand_in(case.owner.pk, known.now) or 0)
        who = f"{instead} stands in" if instead and instead != case.owner else "nobody stands in"
        said.append(f"{case.owner} is away when it falls due; {who}")
    elif case.owner_id in known.carried:
        said.append(
            f"{case.owner} has {known.carried[case.owner_id].open} open cases, far more than the others of the team"
        )
    if known.silence.get(case.pk, 0) >= SILENT:
        said.append(f"The customer has heard nothing for {known.silence[case.pk] / 3600:.0f} office hours")
    return said


def honesty(record: Record) -> str:
    """How often the bands were right lately, in a sentence; that it is not known yet where too few were tried."""
    if not record.known:
        return f"Not known yet how often this is right: {count(record.tried, 'step')} could be tried, {likely.TRIED} are needed."
    parts = [
        f"of {number} marked {BANDS[band][2].lower()}, {missed} {'was' if missed == 1 else 'were'} missed"
        for band, (missed, number) in sorted(record.bands.items(), reverse=True)
        if number
    ]
    tail = "" if record.helps else " That is no better than the clock alone, so no bands are shown."
    return f"Last {WEEKS} weeks, asked when {likely.TRIED_AT:.0%} of the time was over: {'; '.join(parts)}.{tail}"
