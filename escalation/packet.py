"""The hand-over packet: what the next owner of a case needs to know, in five parts, prefilled from the case."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.conf import settings

from cases.lifecycle import State
from cases.models import Case, Consult, Message, Note, Severity, Task, TriedStep
from cases.spelling import spell
from escalation.facts import Clock
from escalation.models import StageClock

QUOTED = 300  # characters of a text that is repeated in a packet
TRIED = 5  # of the steps that were tried, the newest
#: What each part is called, in the note and above its field.
HEADINGS = {
    "situation": "Where it stands",
    "done": "Done so far",
    "promised": "Promised to the customer",
    "following": "Next step and by when",
    "watch": "Watch out for",
}


@dataclass(frozen=True, slots=True)
class Packet:
    """Five texts, each plain; an empty one says nothing. What is kept of them is one internal note."""

    situation: str = ""
    done: str = ""
    promised: str = ""
    following: str = ""
    watch: str = ""

    @property
    def text(self) -> str:
        """The note: a part a paragraph, headed by its name; empty parts are left out."""
        parts = ((HEADINGS[f.name], getattr(self, f.name).strip()) for f in fields(self))
        return "\n\n".join(f"{heading}: {said}" for heading, said in parts if said)


def packet_of(case: Case) -> Packet:
    """What can be known of a case without asking anybody; `following` is what waits for an answer, empty where nothing does."""
    spoken = list(Message.objects.filter(case=case).select_related("author").order_by("at", "pk"))
    return Packet(
        situation=f"{State(case.state).label}, level {case.tier}, severity {Severity(case.severity).label}. "
        f"Topic: {case.category}. {_quoted(case.title)} The customer expects: {_short(case.expectation) or 'they did not say.'}",
        done=_done(case, spoken),
        promised=_promises(case),
        following="\n".join(line for line in (_open_questions(case, spoken), *_to_do(case)) if line),
    )


def _done(case: Case, spoken: list[Message]) -> str:
    """What was tried, the newest update to the customer and the last note, a line each; empty where none of them is."""
    note = Note.objects.filter(case=case).select_related("author").order_by("-at", "-pk").first()
    tried = TriedStep.objects.filter(case=case).order_by("-at", "-pk").values_list("text", flat=True)[:TRIED]
    told = next((one for one in reversed(spoken) if one.kind == Message.Kind.UPDATE), None)
    lines = (
        f"Tried: {'; '.join(_short(text) for text in reversed(tried))}" if tried else "",
        f"Last update to the customer ({told.author}): {_short(told.text)}" if told else "",
        f"Last note ({note.author}): {_short(note.text)}" if note else "",
    )
    return "\n".join(line for line in lines if line)


def _promises(case: Case) -> str:
    clocks = StageClock.objects.filter(case=case, outcome__isnull=True).order_by("due_at", "pk")
    running = [
        f"{Clock.NAMES[c.kind]} by {spell(c.due_at, settings.COMPANY_TIME_ZONE)}" for c in clocks if c.told and c.due_at
    ]
    stopped = [f"{Clock.NAMES[c.kind]} (stopped: {c.pause_reason})" for c in clocks if c.told and c.paused_at]
    said = "; ".join(running + stopped) or "nothing is running"
    return f"{said[0].upper()}{said[1:]}."


def _open_questions(case: Case, spoken: list[Message]) -> str:
    """What waits for an answer: ours to the customer, or theirs to us."""
    last = spoken[-1] if spoken else None
    asked = StageClock.objects.filter(case=case, kind=Clock.SUPERVISOR, outcome__isnull=True).exists()
    waiting = ["the customer waits for a supervisor’s answer"] if asked else []
    if last and last.kind == Message.Kind.FILED:
        waiting.append("no word of ours has gone to the customer yet")
    elif last and last.from_customer:
        waiting.append(f"the customer’s last words have no answer yet: “{_short(last.text)}”")
    elif last and case.state == State.WAITING_CUSTOMER:
        waiting.append(f"we wait for the customer to answer: “{_short(last.text)}”")
    return _ended(f"Open: {'; '.join(waiting)}" if waiting else "")


def _to_do(case: Case) -> list[str]:
    """The open tasks and the questions to experts that wait, a line each kind."""
    zone = settings.COMPANY_TIME_ZONE
    tasks = Task.objects.filter(case=case, state=Task.State.OPEN).order_by("due_at", "pk")
    asked = Consult.objects.filter(case=case, answered_at=None, taken_back_at=None).select_related("expert")
    rows = {
        "To be done": [f"{one.text} by {spell(one.due_at, zone)}" for one in tasks],
        "Experts asked": [f"{one.expert}, by {spell(one.due_at, zone)}" for one in asked.order_by("due_at", "pk")],
    }
    return [f"{what}: {'; '.join(lines)}." for what, lines in rows.items() if lines]


def _quoted(text: str) -> str:
    """Somebody's words as a sentence of its own, ended once."""
    return _ended(f"“{text}”")


def _ended(said: str) -> str:
    return said if not said or said.endswith((".”", "!”", "?”")) else f"{said}."


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= QUOTED else plain[: QUOTED - 1].rstrip() + "…"
