"""What the demo's colleagues learned: retros of cases that went up, lessons with their answers, a week's quality reviews."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cases.models import Case, User
from feedback import lessons, quality, quality_weeks, retros, rubric, scenarios
from feedback.facts import build
from feedback.models import Lesson, QualityReview, Retro, Worthy
from portal.demo.people import Cast

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS = 13
SAID = (
    ("right", "The reason for passing up was clear, so nobody asked twice.", "The bank answers by letter only."),
    ("right", "One phone call early on.", ""),
    ("lower", "The playbook had every step.", "I may refund 20, and this was 24.90."),
    ("sooner", "", "I waited two days for an answer I could not have used."),
    ("right", "The article on refunds, sent with the first answer.", "Two systems show two dates."),
)
SKIPPED = "I only passed it on."
LESSONS: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("Refunds just above my limit go up for one approval and come back. Most are below 40. A higher limit on level 1 would keep them.", "protocol", ("refunds", "limits"), 9),
    ("Customers whose card is refused try again three times while we look. The article should say: wait, it is charged once only.", "article", ("card",), 8),
    ("Two dates in two systems: I told a customer the wrong one. One of the screens should go.", "tool", ("refunds",), 6),
    ("Cases about approvals of small refunds pile up on Fridays on level 2.", "protocol", ("refunds", "waiting"), 4),
    ("When an account is new the shop refuses big orders. Nobody on level 1 knew that rule.", "training", ("orders",), 2),
    ("Saying when the next message comes stops customers from writing in between.", "none", ("words", "being told"), 1),
)  # fmt: skip


def tell(people: Cast, now: datetime, *, seed: int) -> None:
    """Asks, answers, triages and reviews, as the fortnight would have."""
    chosen = random.Random(seed)
    tom = people.members["service-representatives"][0]
    for ago in range(DAYS, -1, -1):
        retros.ask(now - ago * DAY)
    _say(chosen, tom, now)
    _triage(people, now)
    while build.take_touched(now):
        pass
    quality_weeks.draw_week(now, seed=f"demo-{seed}")
    _review(people, now)
    for row in Worthy.objects.select_related("case", "case__customer", "case__organisation")[:1]:
        draft = scenarios.begun(row.case)
        if draft.title and draft.situation and draft.good:
            scenarios.write(row.case, draft, by=people.supervisors[0], at=now)


def _say(chosen: random.Random, tom: User, now: datetime) -> None:
    """Two in three answer the same day; somebody skips; Tom still owes his newest."""
    rows = list(Retro.objects.select_related("person").order_by("asked_at", "pk"))
    kept = [row.pk for row in rows if row.person_id == tom.pk][-1:]
    for row in rows:
        luck, when = chosen.random(), min(row.asked_at + 5 * HOUR, now)
        if row.pk in kept or luck > 0.8:
            continue
        if luck > 0.7:
            retros.skip(row, SKIPPED, by=row.person, at=when)
        else:
            level, worked, blocked = chosen.choice(SAID)
            retros.answer(row, level=level, worked=worked, blocked=blocked, by=row.person, at=when)


def _triage(people: Cast, now: datetime) -> None:
    """One is accepted and one done, one declined, one joined; one is late for its answer, and one is new."""
    agents, dana = people.members["service-representatives"], people.supervisors[0]
    lead = people.members["customer-support-managers"][0]
    cases = list(Case.objects.filter(escalated_at__isnull=False).order_by("-pk")[:3])
    made = [
        lessons.write(
            text, change, tags=tags, at=now - ago * DAY, by=agents[number % len(agents)],
            case=cases[number % 3] if cases and number % 2 else None,
        )
        for number, (text, change, tags, ago) in enumerate(LESSONS)
    ]  # fmt: skip
    _, article, screens, friday, rule, _ = made
    soon = (now + 10 * DAY).date()
    _answer(
        rule,
        lessons.Answer(
            "accepted", "Twenty minutes in Thursday’s team meeting, and a line in the playbook.", lead, soon
        ),
        dana,
        now - DAY,
    )
    done = _answer(
        article, lessons.Answer("accepted", "A line at the top of the article.", agents[1], soon), dana, now - 6 * DAY
    )
    lessons.finish(done, by=agents[1], at=now - 3 * DAY)
    _answer(
        screens,
        lessons.Answer(
            "declined", "The second screen goes with the new shop in spring. Until then the left one counts."
        ),
        dana,
        now - 4 * DAY,
    )
    _answer(
        friday,
        lessons.Answer("joined", "The same approvals, seen from level 2.", joined_to=made[0]),
        dana,
        now - 3 * DAY,
    )


def _answer(lesson: Lesson, said: lessons.Answer, by: User, at: datetime) -> Lesson:
    return lessons.answer(lesson, said, by=by, at=at)


def _review(people: Cast, now: datetime) -> None:
    """Dana has scored half of the sample; one colleague agrees, another sees it differently."""
    dana = people.supervisors[0]
    rows = list(quality.to_score(dana).select_related("person"))
    for number, row in enumerate(rows[: (len(rows) + 1) // 2]):
        scores: dict[str, int | None] = {key: 2 - (number + place) % 3 % 2 for place, key in enumerate(rubric.KEYS)}
        scores["level"] = 2 if row.case.escalated_at else None
        done = quality.score(
            row, scores, "Keep the early call. Next time name the day of the next message.", by=dana, at=now - HOUR
        )
        _reply(done, number, now)


def _reply(review: QualityReview, number: int, now: datetime) -> None:
    if number == 0:
        quality.reply(review, True, "", by=review.person, at=now)
    elif number == 1:
        quality.reply(
            review,
            False,
            "I named the day on the phone. It stands in my note of that morning.",
            by=review.person,
            at=now,
        )
