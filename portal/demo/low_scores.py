"""Unhappy customers of the demo and what supervisors said to them: most in time, one too late, the newest waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import Case
from feedback.low_scores import OPEN, How, answer_low_score, ways
from feedback.models import LowScore
from feedback.pulse import office
from feedback.surveys import ASKABLE, add_to_answer, answer_survey
from portal.demo.people import Cast

HOUR = 3600
LATE = 3  # the row, by age, that is answered days after its time
SAID = (
    (2, True, "partly", "It works now. But I had to explain it three times, to three people."),
    (1, False, "partly", "Two weeks for something that took one click in the end. I have nothing more to say."),
    (4, True, "no", "Friendly and quick, thank you. But it is there again since this morning."),
    (2, None, "partly", "The answer was right and came a week late."),
    (1, True, "partly", "Nobody told me what was going on. I had to ask every time."),
)
WORDS = {
    How.LETTER: "You waited too long, and nobody told you why. I am sorry. I have gone through your case with the team. Next time you hear from us on the day we learn something, also when it is bad news.",
    How.PHONE: "Called. They were angry about the second call more than about the delay. Agreed: one contact, and we ring before we write.",
    How.CLOSED: "They do not want to be contacted. Taken up with the team instead.",
}


def answer_them(people: Cast, now: datetime) -> None:
    """A few more customers are dissatisfied; Dana answers all but the newest, every other one by phone."""
    _say(now)
    dana, hours = people.supervisors[0], office(now)
    rows = list(LowScore.objects.filter(OPEN).select_related("case", "case__survey").order_by("since", "pk"))
    for number, row in enumerate(rows[:-1], start=1):
        possible = ways(row.case.survey.may_contact)
        how = possible[number % 2] if How.PHONE in possible else possible[0]
        at = row.due_at + timedelta(days=2) if number == LATE else hours.due(row.since, (1 + number % 5) * HOUR)
        if at < now:
            answer_low_score(row.case, how=how, words=WORDS[how], by=dana, at=at)


def _say(now: datetime) -> None:
    """The last of them an hour ago."""
    silent = Case.objects.filter(state__in=ASKABLE, survey__answered_at=None, is_history=False)
    cases = list(silent.order_by("resolved_at", "pk")[: len(SAID)])
    for left, (case, (score, may_contact, fixed, comment)) in enumerate(
        zip(cases, SAID, strict=False), start=1 - len(cases)
    ):
        said = now - timedelta(hours=1) if left == 0 else (case.resolved_at or now) + timedelta(hours=3)
        if said < now:
            answer_survey(case, satisfaction=score, fixed=fixed, comment=comment, at=said)
            add_to_answer(case, may_contact=may_contact, at=said)
