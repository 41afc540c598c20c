"""Edits of a small policy, each tried on one recorded case: every expected time is worked out by hand beside it.

The policy (minutes; round the clock, but severity 3 in office hours, Monday to Friday 9 to 17 in UTC), three levels:
    severity 1: review 10, acknowledge 20, update 60, answer 480
    severity 2: review 30, acknowledge 60, update 240, answer 1440
    severity 3: review 60, acknowledge 120, update 480, answer 10080
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.models import Case, Category
from escalation import facts as f
from escalation.backtest.figures import Course, figures_of
from escalation.backtest.record import Entry, Record
from escalation.backtest.rerun import Rerun
from escalation.backtest.run import filed_with
from escalation.backtest.selfcheck import differences
from escalation.backtest.told import Emptiness, Listeners, Staff
from escalation.directory import Directory, Post
from escalation.protocol import Rules
from escalation.reading import parse
from escalation.turn import Turn
from escalation.worktime import Calendar

MINUTE = timedelta(minutes=1)
MONDAY, FRIDAY = datetime(2026, 1, 12, 10, tzinfo=UTC), datetime(2026, 1, 9, 16, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 14, 8, tzinfo=UTC)  # Wednesday 8:00
TEAMS = ("one", "two", "three")
TIMES = {1: (10, 20, 60, 480), 2: (30, 60, 240, 1440), 3: (60, 120, 480, 10080), 4: (60, 120, 480, 10080)}
OFFICE = {"zone": "UTC", "windows": [{"weekday": n, "opens": "09:00", "closes": "17:00"} for n in range(5)]}
ALWAYS = {"zone": "UTC", "always": True}


def policy() -> dict[str, Any]:
    rows = []
    for severity, (review, acknowledge, update, resolve) in TIMES.items():
        for tier in (1, 2, 3):
            times = {"review": review, "acknowledge": acknowledge, "update": update, "resolve": resolve}
            calendar = "office" if severity == 3 else "always"
            rows.append({"category": "*", "severity": severity, "tier": tier, "calendar": calendar}
                        | {name: minutes * 60 for name, minutes in times.items()})  # fmt: skip
    on_arrival = ["reassign", "notify", "message_customer"]
    return {
        "format": 1,
        "name": "Three levels",
        "tiers": [{"name": team.capitalize(), "team": team, "on_arrival": on_arrival[:]} for team in TEAMS],
        "impact": {"loss": 2, "degraded": 3},
        "entry": [{"severity": s, "complexity": c, "tier": 1} for s in (1, 2, 3, 4) for c in (1, 2, 3)],
        "windows": {
            "calendar": "always", "lapse": 10 * 86400, "nudge": 5 * 86400, "confirm": 2 * 86400,
            "survey_after_yes": 3600, "survey_after_silence": 86400, "reopen": 14 * 86400,
        },
        "matrix": rows,
    }  # fmt: skip


class Edited:
    """The policy and its calendars, to be edited by a row of the table."""

    def __init__(self) -> None:
        self.document = policy()
        self.calendars = deepcopy({"office": OFFICE, "always": ALWAYS})

    def rules(self, label: str = "three@2") -> Rules:
        calendars = {
            key: ((LONG_AGO, Calendar.from_document(document | {"label": f"{key}@1"})),)
            for key, document in self.calendars.items()
        }
        return Rules(parse(label, self.document), calendars)

    def cell(self, name: str, minutes: int | None, *, severity: int = 2, tier: int | None = None) -> None:
        for row in self.document["matrix"]:
            if row["severity"] == severity and tier in (None, row["tier"]):
                row[name] = minutes * 60 if minutes else None


BASE = Edited().rules("three@1")


def staff(rules: Rules) -> Directory:
    return Directory(
        {t.team: Post(t.ordinal, t.name, 100 + t.ordinal, (100 + t.ordinal,)) for t in rules.protocol.tiers}
    )


class Recording:
    """A case played by real turns while the engine looks at every instant something falls due."""

    def __init__(self, at: datetime, *, impact: str = "loss") -> None:
        severity = BASE.protocol.severity_for(impact)
        case = Case(
            pk=1, reference="MP-TEST-22", customer_id=1, category=Category(pk=1, slug="orders"), title="Trouble",
            severity=severity, protocol="three@1", team_id=1, filed_at=at,
        )  # fmt: skip
        self.turn, self.at = Turn(case, BASE, staff(BASE), {}), at
        self.act(f.Filed, impact=impact, extra={"impact": impact, "category": "orders"})

    def engine(self, until: datetime) -> None:
        while (wake := self.turn.case.wake_at) and wake <= until:
            self.turn.settle(wake)

    def act(
        self, kind: type[f.Happening], after: float = 0, *, extra: Any = None, impact: str = "", **more: Any
    ) -> None:
        self.at += after * MINUTE
        self.engine(self.at)
        self.turn.take(kind(self.at, self.at, **more), by=1, role="staff", extra=extra)

    def record(self) -> Record:
        self.engine(END)
        case = self.turn.case
        entries = [
            Entry(e.seq, e.kind, e.occurred_at, e.recorded_at, e.data, e.once, "three@1") for e in self.turn.events
        ]
        return Record(1, case.reference, case.protocol, 1, case.filed_at, case.wake_at, False, entries)


def assessed(recording: Recording, after: float, severity: int = 2) -> None:
    recording.act(f.Assessed, after, severity=severity, complexity=1, category="orders", by=11)


def a_prompt() -> Recording:
    """Monday: filed 10:00, assessed 10:10, acknowledged 10:35, updated 12:00, answered 13:00, accepted 14:00."""
    case = Recording(MONDAY)
    assessed(case, 10)
    case.act(f.Acknowledged, 25, by=11)
    case.act(f.Updated, 85, by=11)
    case.act(f.Answered, 60, by=11)
    case.act(f.Accepted, 60)
    return case


def b_late() -> Recording:
    """Filed 10:00, assessed 10:20, forgotten, climbs at 11:20; reviewed 11:30, acknowledged 11:40, answered 12:30."""
    case = Recording(MONDAY)
    assessed(case, 20)
    case.act(f.Reviewed, 70, severity=2, by=12)
    case.act(f.Acknowledged, 10, by=12)
    case.act(f.Answered, 50, by=12)
    return case


def c_waits() -> Recording:
    """Filed 10:00, assessed 10:05, acknowledged 10:15, asked 10:30, the customer writes 15:30, answered 16:00."""
    case = Recording(MONDAY)
    assessed(case, 5)
    case.act(f.Acknowledged, 10, by=11)
    case.act(f.AskedCustomer, 15, by=11)
    case.act(f.CustomerWrote, 300, channel="portal")
    case.act(f.Answered, 30, by=11)
    return case


def d_passed_up() -> Recording:
    """Filed 10:00, assessed 10:05, acknowledged 10:10, passed up 10:40, reviewed 10:50, acknowledged 11:00, answered 12:00."""
    case = Recording(MONDAY)
    assessed(case, 5)
    case.act(f.Acknowledged, 5, by=11)
    case.act(f.Escalated, 30, by=11)
    case.act(f.Reviewed, 10, severity=2, by=12)
    case.act(f.Acknowledged, 10, by=12)
    case.act(f.Answered, 60, by=12)
    return case


def e_weekend() -> Recording:
    """Severity 3. Friday: filed 16:00, assessed 16:10. Monday: acknowledged 9:20, answered 11:00."""
    case = Recording(FRIDAY, impact="degraded")
    assessed(case, 10, severity=3)
    case.act(f.Acknowledged, 65 * 60 + 10, by=11)
    case.act(f.Answered, 100, by=11)
    return case


def f_forgotten() -> Recording:
    """Filed 10:00, nobody looks: level 2 at 10:30, level 3 at 11:00; the customer withdraws at 13:00."""
    case = Recording(MONDAY)
    case.act(f.Withdrawn, 180)
    return case


def g_supervisor() -> Recording:
    """Filed 10:00, assessed 10:05, acknowledged 10:15, supervisor wanted 10:20, granted 11:00 (level 2), reviewed 11:10,
    acknowledged 11:20, answered 12:00."""
    case = Recording(MONDAY)
    assessed(case, 5)
    case.act(f.Acknowledged, 10, by=11)
    case.act(f.SupervisorAsked, 5, reason="slow")
    case.act(f.SupervisorAnswered, 40, by=12, granted=True)
    case.act(f.Reviewed, 10, severity=2, by=12)
    case.act(f.Acknowledged, 10, by=12)
    case.act(f.Answered, 40, by=12)
    return case


def h_moved() -> Recording:
    """Filed 10:00, assessed 10:10, acknowledged 10:20; the update of 14:20 is put off at 13:00 to 15:50 and comes 15:40;
    answered 16:30."""
    case = Recording(MONDAY)
    assessed(case, 10)
    case.act(f.Acknowledged, 10, by=11)
    case.act(f.PromiseMoved, 160, by=11, next_at=MONDAY + 350 * MINUTE)
    case.act(f.Updated, 160, by=11)
    case.act(f.Answered, 50, by=11)
    return case


RECORDED: dict[str, Callable[[], Recording]] = {
    "A": a_prompt, "B": b_late, "C": c_waits, "D": d_passed_up, "E": e_weekend, "F": f_forgotten, "G": g_supervisor,
    "H": h_moved,
}  # fmt: skip
#: What the record itself says: moves up and promises missed.
AS_RECORDED: dict[str, tuple[list[tuple[str, int, str]], dict[str, int]]] = {
    "A": ([], {}),
    "B": ([("Mon 11:20", 2, "acknowledge")], {"acknowledge": 1}),
    "C": ([], {}),
    "D": ([("Mon 10:40", 2, "person")], {}),
    "E": ([], {}),
    # Review at 10:30 (promised) and 11:00 (ours); at the top review 11:30 (ours), acknowledgment 12:00 (promised).
    "F": ([("Mon 10:30", 2, "review"), ("Mon 11:00", 3, "review")], {"review": 1, "acknowledge": 1}),
    "G": ([("Mon 11:00", 2, "granted")], {}),
    # 14:20 was put off before it came: nothing was missed.
    "H": ([], {}),
}


def counted(rerun: Rerun, rules: Rules) -> Course:
    people = Staff(staff(rules), {}, "UTC")
    return figures_of(rerun, Listeners(people, rules.protocol))


def tried(letter: str, edit: Callable[[Edited], object]) -> Course:
    """The case under its own rules first, as a back-test does, then under the edited ones."""
    record, edited = RECORDED[letter]().record(), Edited()
    old = Rerun(record, BASE, {"three@1": BASE}).run(END)
    assert list(differences(old)) == []
    edit(edited)
    rules = edited.rules()
    known = frozenset(BASE.protocol.targets())
    sure = Emptiness(Staff(staff(rules), {}, "UTC"), rules.protocol, known)
    new = Rerun(record, rules, None, sure).run(END, filed_with(record, BASE, rules))
    return counted(new, rules)


def ups(course: Course) -> list[tuple[str, int, str]]:
    return [(f"{climb.at:%a %H:%M}", climb.to, climb.why) for climb in course.climbs]


@pytest.mark.parametrize("letter", RECORDED)
def test_the_record_is_as_it_was_meant(letter):
    course = tried(letter, lambda edited: None)
    assert (ups(course), dict(course.missed)) == AS_RECORDED[letter]
    assert not course.assumed and not course.unfit


def entry(tier: int) -> Callable[[Edited], object]:
    return lambda e: [row.update(tier=tier) for row in e.document["entry"]]


def cell(name: str, minutes: int | None, **more: int) -> Callable[[Edited], object]:
    return lambda e: e.cell(name, minutes, **more)


def window(**seconds: int) -> Callable[[Edited], object]:
    return lambda e: e.document["windows"].update(seconds)


def both(*edits: Callable[[Edited], object]) -> Callable[[Edited], object]:
    return lambda e: [edit(e) for edit in edits]


def two_levels(e: Edited) -> None:
    e.document["tiers"].pop()


def arrival(tier: int, *actions: str) -> Callable[[Edited], object]:
    return lambda e: e.document["tiers"][tier - 1].update(on_arrival=list(actions))


def no_rows(tier: int) -> Callable[[Edited], object]:
    def edit(e: Edited) -> None:
        e.document["matrix"] = [row for row in e.document["matrix"] if row["tier"] != tier]

    return edit


def office(**changes: Any) -> Callable[[Edited], object]:
    return lambda e: e.calendars["office"].update(changes)


def friday(opens: str, closes: str) -> list[dict[str, Any]]:
    return [*OFFICE["windows"][:4], {"weekday": 4, "opens": opens, "closes": closes}]


def until_six() -> list[dict[str, Any]]:
    return [row | {"closes": "18:00"} for row in OFFICE["windows"]]


def swap(e: Edited) -> None:
    for row in e.document["matrix"]:
        row["calendar"] = "always"


#: (case, edit, what must come out). `ups` are (when, to which level, why).
EDITS: dict[str, tuple[str, Callable[[Edited], object], dict[str, Any]]] = {
    # Acknowledge by 10:10 + 20 = 10:30; it came 10:35. Level 2 would first review: assumed. Its own 20 min: until 10:50.
    "acknowledge in 20": ("A", cell("acknowledge", 20),
        {"ups": [("Mon 10:30", 2, "acknowledge")], "missed": {"acknowledge": 1}, "assumed": {"review": 1}, "apologies": 1}),
    # 10:10 + 25 = 10:35, the very instant of the act: a time is missed when it is reached.
    "acknowledge in 25": ("A", cell("acknowledge", 25), {"ups": [("Mon 10:35", 2, "acknowledge")], "assumed": {"review": 1}}),
    # 10:10 + 26 = 10:36, a minute after the act.
    "acknowledge in 26": ("A", cell("acknowledge", 26), {"ups": [], "missed": {}, "assumed": {}}),
    # Review by 10:10, assessed at that instant: too late. The assessment counts as level 2's review as well.
    "review in 10": ("A", cell("review", 10),
        {"ups": [("Mon 10:10", 2, "review")], "missed": {"review": 1}, "assumed": {"review": 1}}),
    # 10:05 at level 1, 10:05 + 5 = 10:10 at level 2, before the assessment of 10:10 is taken.
    "review in 5": ("A", cell("review", 5),
        {"ups": [("Mon 10:05", 2, "review"), ("Mon 10:10", 3, "review")], "missed": {"review": 1}, "highest": 3}),
    # Only level 1 is tighter: level 2 has until 10:35.
    "review in 5 at level 1": ("A", cell("review", 5, tier=1), {"ups": [("Mon 10:05", 2, "review")], "highest": 2}),
    # 10:35 + 65 = 11:40 missed. The update of 12:00 needs a review and an acknowledgment first. 12:00 + 65 = 13:05.
    "update every 65": ("A", cell("update", 65),
        {"ups": [("Mon 11:40", 2, "update")], "missed": {"update": 1}, "assumed": {"acknowledgment": 1, "review": 1}}),
    # 10:35 + 60 = 11:35 missed; 12:00 + 60 = 13:00, the instant of the answer: missed again, level 3.
    "update every 60": ("A", cell("update", 60),
        {"ups": [("Mon 11:35", 2, "update"), ("Mon 13:00", 3, "update")], "missed": {"update": 2},
         "assumed": {"acknowledgment": 2, "review": 2}}),
    # 10:35 + 86 = 12:01, after the update of 12:00; 12:00 + 86 = 13:26, after the answer.
    "update every 86": ("A", cell("update", 86), {"ups": [], "missed": {}}),
    # Counted from 10:10: 12:10 missed, level 2; its review of 30 min runs out 12:40, level 3; answered 13:00.
    "answer in 120": ("A", cell("resolve", 120),
        {"ups": [("Mon 12:10", 2, "resolve"), ("Mon 12:40", 3, "review")], "missed": {"resolve": 1}}),
    # 10:10 + 171 = 13:01: the answer of 13:00 is in time.
    "answer in 171": ("A", cell("resolve", 171), {"ups": [], "missed": {}}),
    # A level may hold it 60 min: 10:10 + 60 = 11:10, level 2; its review 11:40, level 3. Neither was promised.
    "refer up after 60": ("A", cell("refer_up", 60, tier=1),
        {"ups": [("Mon 11:10", 2, "refer_up"), ("Mon 11:40", 3, "review")], "missed": {}}),
    # A new case of this kind starts at level 3, at the assessment.
    "starts at level 3": ("A", entry(3), {"ups": [("Mon 10:10", 3, "entry")], "highest": 3, "missed": {}}),
    # "loss" becomes severity 1: review within 10, so 10:10 is missed. Level 2 has 20 min to acknowledge, until 10:30: the
    # assessment as severity 2, as recorded, never makes a promise later, and the acknowledgment came 10:35.
    "loss is critical": ("A", lambda e: e.document["impact"].update(loss=1), {"ups": [("Mon 10:10", 2, "review"), ("Mon 10:30", 3, "acknowledge")]}),
    # No row for level 2: the climb of 10:30 cannot be decided, and the case stands still there.
    "a hole at level 2": ("A", both(cell("acknowledge", 20), no_rows(2)), {"ups": [], "stuck": "no row"}),
    # Three levels held: 10:00-10:30 at 1, the rest to 13:00 at 2 (150 min); 13:00 answered is still open until 14:00.
    "hours at the levels": ("A", cell("acknowledge", 20), {"held": {1: 30, 2: 210}, "arrivals": {1: 1, 2: 1}}),
    # 10:20 + 90 = 11:50; acknowledged 11:40. The review of 11:30 has nothing to review.
    "acknowledge in 90": ("B", cell("acknowledge", 90), {"ups": [], "missed": {}, "assumed": {"done": 1}, "highest": 1}),
    # 10:20 + 80 = 11:40, the instant of the acknowledgment: missed.
    "acknowledge in 80": ("B", cell("acknowledge", 80),
        {"ups": [("Mon 11:40", 2, "acknowledge")], "assumed": {"done": 1, "review": 1}}),
    # 10:50 level 2. There acknowledgment and review both end 11:20; the first by name moves it, the other is cancelled.
    "acknowledge in 30": ("B", cell("acknowledge", 30),
        {"ups": [("Mon 10:50", 2, "acknowledge"), ("Mon 11:20", 3, "acknowledge")], "missed": {"acknowledge": 2}}),
    # 10:50 level 2, whose review (30) ends 11:20 and acknowledgment (60) only 11:50.
    "acknowledge in 30 at level 1": ("B", cell("acknowledge", 30, tier=1),
        {"ups": [("Mon 10:50", 2, "acknowledge"), ("Mon 11:20", 3, "review")], "missed": {"acknowledge": 1}}),
    # 10:20 + 45 = 11:05 level 2; its review until 11:35, done 11:30.
    "acknowledge in 45": ("B", cell("acknowledge", 45, tier=1), {"ups": [("Mon 11:05", 2, "acknowledge")], "assumed": {}}),
    # Level 2 from 10:20 on; there nobody acknowledges by 11:20.
    "late and starts at level 2": ("B", entry(2),
        {"ups": [("Mon 10:20", 2, "entry"), ("Mon 11:20", 3, "acknowledge")], "missed": {"acknowledge": 1}}),
    # With two levels: 10:50 level 2; 11:20 nobody is above, once for the acknowledgment, once for the review.
    "two levels, acknowledge in 30": ("B", both(two_levels, cell("acknowledge", 30)),
        {"ups": [("Mon 10:50", 2, "acknowledge")], "exhausted": 2, "missed": {"acknowledge": 2}}),
    # Asked 10:30, closed 14:30. The customer's word of 15:30 counts as reopening it.
    "four hours to answer us": ("C", window(lapse=4 * 3600, nudge=3600), {"assumed": {"reopening": 1}, "state": "answered"}),
    # 10:30 + 5 h = 15:30, the very instant of the word: closed first.
    "five hours to answer us": ("C", window(lapse=5 * 3600, nudge=3600), {"assumed": {"reopening": 1}}),
    "a minute more to answer us": ("C", window(lapse=301 * 60, nudge=3600), {"assumed": {}, "ups": []}),
    # Closed 14:30, to be reopened until 15:00: the word of 15:30 is too late, the answer of 16:00 meets a closed case.
    "half an hour to reopen": ("C", window(lapse=4 * 3600, nudge=3600, reopen=1800),
        {"unfit": {"reopened": 1, "answered": 1}, "state": "closed"}),
    # Answered 16:00. An hour for yes or no: closed 17:00; two days would end Wednesday 16:00, after we stop looking.
    "an hour for yes or no": ("C", window(confirm=3600), {"state": "closed"}),
    "two days for yes or no": ("C", window(confirm=2 * 86400), {"state": "answered"}),
    # Asked 10:30, before the update of 10:35. The next one stands still, runs on at 15:30: missed 15:50.
    "update every 20": ("C", cell("update", 20), {"ups": [("Mon 15:50", 2, "update")], "missed": {"update": 1}}),
    # 10:15 + 14 = 10:29 missed; the question of 10:30 needs review and acknowledgment; 15:30 + 14 = 15:44 missed.
    "update every 14": ("C", cell("update", 14),
        {"ups": [("Mon 10:29", 2, "update"), ("Mon 15:44", 3, "update")], "assumed": {"acknowledgment": 2, "review": 2}}),
    # It is at level 2 from 10:05: the passing up to 2 is nothing, so is its review; the second name is a word.
    "passed up to where it is": ("D", entry(2),
        {"ups": [("Mon 10:05", 2, "entry")], "assumed": {"there": 1, "done": 1, "word": 1}}),
    # 10:05 + 4 = 10:09, level 2 before the acknowledgment of 10:10; then as above.
    "acknowledge in 4": ("D", cell("acknowledge", 4),
        {"ups": [("Mon 10:09", 2, "acknowledge")], "assumed": {"review": 1, "there": 1, "done": 1, "word": 1}}),
    # Level 2 makes it severity 1: review within 10 of 10:40, that is 10:50, the instant of the review: level 3.
    "level 2 raises severity": ("D", arrival(2, "reassign", "notify", "raise_severity"),
        {"ups": [("Mon 10:40", 2, "person"), ("Mon 10:50", 3, "review")], "missed": {}}),
    # Round the clock: Friday 16:10 + 2 h = 18:10, review 19:10, then the top: 21:10 and every 8 h until Monday 5:10.
    "round the clock": ("E", swap,
        {"ups": [("Fri 18:10", 2, "acknowledge"), ("Fri 19:10", 3, "review")], "missed": {"acknowledge": 9}}),
    # Friday ends at noon: everything of 16:00 starts Monday 9:00; acknowledged 9:20 of until 11:00.
    "Friday until noon": ("E", office(windows=friday("09:00", "12:00")), {"ups": [], "missed": {}}),
    # 50 min on Friday, Monday off: the other 70 on Tuesday, until 10:10.
    "Monday off": ("E", office(days_off=[{"date": "2026-01-12", "name": "Day off"}]), {"ups": [], "missed": {}}),
    # Friday 16:10-17:00 are 50, Monday 9:00-9:10 the other 10: missed 9:10, acknowledged 9:20.
    "acknowledge in 60 working minutes": ("E", cell("acknowledge", 60, severity=3),
        {"ups": [("Mon 09:10", 2, "acknowledge")], "assumed": {"review": 1}}),
    # Exactly until closing time; level 2 then has until Monday 9:50.
    "acknowledge in 50 working minutes": ("E", cell("acknowledge", 50, severity=3),
        {"ups": [("Fri 17:00", 2, "acknowledge")], "missed": {"acknowledge": 1}}),
    # Open until 18:00: 110 min on Friday, the last 10 on Monday: 9:10.
    "open until six": ("E", office(windows=until_six()), {"ups": [("Mon 09:10", 2, "acknowledge")]}),
    # Assessed by Friday 16:10 at the latest, the instant it was.
    "review in 10 working minutes": ("E", cell("review", 10, severity=3), {"ups": [("Fri 16:10", 2, "review")]}),
    # 10:45 and 11:30; at the top review 12:15, acknowledgment 12:30: nobody above, twice.
    "review in 45": ("F", cell("review", 45),
        {"ups": [("Mon 10:45", 2, "review"), ("Mon 11:30", 3, "review")], "exhausted": 2}),
    "review in 200": ("F", cell("review", 200), {"ups": [], "missed": {}, "state": "withdrawn"}),
    # 10:00 + 180 = 13:00, the instant of the withdrawal: level 2 first.
    "review in 180": ("F", cell("review", 180), {"ups": [("Mon 13:00", 2, "review")], "state": "withdrawn"}),
    # Level 2 at 10:30; at the top review 11:00, acknowledgment 11:30 (said sorry, like 10:30); the next 15:30.
    "two levels": ("F", two_levels,
        {"ups": [("Mon 10:30", 2, "review")], "exhausted": 2, "apologies": 2, "missed": {"review": 1, "acknowledge": 1}}),
    # The levels tell nobody, but a broken promise is told all the same: 10:30 and 12:00.
    "silent levels": ("F", both(arrival(2), arrival(3)), {"apologies": 2}),
    # A supervisor has what level 2 has to acknowledge: 10:20 + 31 = 10:51, missed. Granted 11:00: it is there already.
    # Its own acknowledgment: 10:51 + 31 = 11:22, done 11:20.
    "supervisor in 31": ("G", cell("acknowledge", 31, tier=2),
        {"ups": [("Mon 10:51", 2, "supervisor")], "missed": {"supervisor": 1}, "assumed": {"there": 1}}),
    # 10:20 + 41 = 11:01, a minute after the grant.
    "supervisor in 41": ("G", cell("acknowledge", 41, tier=2), {"ups": [("Mon 11:00", 2, "granted")], "missed": {}}),
    # 10:20 + 165 = 13:05 could be put off to 15:50 at most, which is where it was put: said 15:40, in time.
    "put off as far as it goes": ("H", cell("update", 165), {"ups": [], "missed": {}, "assumed": {}}),
    # 10:20 + 164 = 13:04, at most to 15:48: the new time counts as nothing and 13:04 is missed. Level 2 reviews by 13:34,
    # level 3 by 14:04; the acknowledgment promised there, 14:34, is missed as well.
    "put off too far": ("H", cell("update", 164),
        {"ups": [("Mon 13:04", 2, "update"), ("Mon 13:34", 3, "review")], "missed": {"update": 1, "acknowledge": 1},
         "assumed": {"moved": 1, "acknowledgment": 1, "review": 1}}),
    # 10:20 + 159 = 12:59 is missed a minute before anybody puts it off; level 2 has no word to put off yet.
    "put off too late": ("H", cell("update", 159), {"ups": [("Mon 12:59", 2, "update"), ("Mon 13:29", 3, "review")]}),
    # 10:20 + 360 = 16:20: what was put off is brought forward here, and said 15:40.
    "put off is brought forward": ("H", cell("update", 360), {"ups": [], "missed": {}, "assumed": {}}),
    # The answer of 10:10 + 340 = 15:50 is not put off along with the word; level 2 reviews by 16:20.
    "answer in 340": ("H", cell("resolve", 340),
        {"ups": [("Mon 15:50", 2, "resolve"), ("Mon 16:20", 3, "review")], "missed": {"resolve": 1}}),
}  # fmt: skip


def test_there_are_forty():
    assert len(EDITS) >= 40


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_comes_out_as_worked_out_by_hand(name):
    letter, edit, wanted = EDITS[name]
    course = tried(letter, edit)
    found = {key: look(course) for key, look in LOOKS.items() if key in wanted}
    assert found == {key: value for key, value in wanted.items() if key != "stuck"}
    assert wanted.get("stuck", "") in course.stuck and bool(course.stuck) == ("stuck" in wanted)


LOOKS: dict[str, Callable[[Course], Any]] = {
    "ups": ups,
    "missed": lambda c: dict(c.missed),
    "assumed": lambda c: dict(c.assumed),
    "unfit": lambda c: dict(c.unfit),
    "held": lambda c: {tier: seconds / 60 for tier, seconds in c.held.items()},
    "arrivals": lambda c: dict(c.arrivals),
    "apologies": lambda c: c.apologies,
    "exhausted": lambda c: c.exhausted,
    "highest": lambda c: c.highest,
    "state": lambda c: c.state,
}
