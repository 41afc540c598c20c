"""What the pages of post-mortems say: a row of the list, the story from the log, what was done, what the back-test found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse

from cases.access import Viewer, workers
from cases.models import Event, User
from escalation.models import BackTest, Notice, Promise
from escalation.permits import Actor
from escalation.reviews import day_of
from feedback import alternatives, post_mortem_acts, post_mortems
from feedback.models import Condition, Counterfactual, Ground, Measure, PostMortem, TroubledCase
from portal.console import backtest_run
from portal.console.post_mortem_picture import ladder
from portal.console.timeline import actor_name, event_title
from portal.console.words import span
from portal.templatetags.times import when_words

SHOWN = 200  # events of the timeline; a case with more is read on its own page
CAUSES = dict(Ground.Cause.choices)
CONDITIONS = dict(Condition.choices)
#: The figures of a try, as the table names them.
FIGURES = {
    "failures": "Failures of the plan",
    "climbs": "Moves up",
    "highest": "Highest level",
    "missed": "Missed promises",
    "letters": "Letters that a promise was broken",
}
VERDICTS = {
    Counterfactual.Verdict.PREVENTS: ("good", "tick"),
    Counterfactual.Verdict.STAYS: ("late", "diamond"),
    Counterfactual.Verdict.UNKNOWN: ("neutral", "ring"),
}


def row(one: PostMortem, now: datetime) -> dict[str, Any]:
    """A post-mortem as the list shows it."""
    return {
        "one": one,
        "tag": tag(one, now),
        "why": [CAUSES[cause] for cause in dict.fromkeys(ground.cause for ground in one.grounds.all())],
        "page": reverse("admin:post_mortem", args=[one.pk]),
    }


def row_of_case(one: PostMortem, now: datetime) -> dict[str, Any]:
    """As `row`, beside a case: without what asked for it."""
    return {"one": one, "tag": tag(one, now), "page": reverse("admin:post_mortem", args=[one.pk])}


def tag(one: PostMortem, now: datetime) -> dict[str, str]:
    """Where it stands, as a tag."""
    if one.is_open:
        late = post_mortems.is_overdue(one, now)
        return (
            {"family": "late", "shape": "diamond", "word": "Overdue"}
            if late
            else {"family": "neutral", "shape": "ring", "word": "Open"}
        )
    if one.reviewed_at:
        return {"family": "good", "shape": "tick", "word": "Closed and verified"}
    due = post_mortems.review_due(one, now)
    return (
        {"family": "soon", "shape": "triangle", "word": "Review is due"}
        if due
        else {"family": "neutral", "shape": "double", "word": "Closed"}
    )


@dataclass(frozen=True)
class Story:
    """What the log says of the case, read once: the events, broken promises and letters about them."""

    row: PostMortem
    events: list[Event]
    broken: int
    letters: int
    now: datetime
    zone: str

    @classmethod
    def of(cls, row: PostMortem, now: datetime, zone: str) -> Story:
        """Reads it; three questions."""
        events = list(Event.objects.filter(case=row.case_id).select_related("actor").order_by("seq")[:SHOWN])
        letters = Notice.objects.filter(case=row.case_id, kind="promise_broken", to_customer=True)
        broken = Promise.objects.filter(case=row.case_id, status=Promise.Status.BROKEN).count()
        told = len(set(letters.order_by().values_list("event_seq", flat=True)))
        return cls(row, events, broken, told, now, zone)

    def first(self) -> dict[str, Any]:
        """What the form begins with: what was written, and for the two first parts what the log says."""
        one = self.row
        return {
            "seen": one.number, "happened": one.happened or self.happened(), "effect": one.effect or self.effect(),
            "conditions": one.conditions, "unseen": one.unseen, "worked": one.worked, "owner": one.owner_id,
        }  # fmt: skip

    def happened(self) -> str:
        """Two sentences from the log: how far it went in which time, and what asked for the look back."""
        top, last = max((event.data["tier"] for event in self.events), default=1), self.failure()
        took = span((last or self.events[-1]).occurred_at - self.events[0].occurred_at) if self.events else ""
        grounds = [ground.cause for ground in self.row.grounds.order_by("pk")]
        chief = next((one for one in grounds if one in Ground.FAILURES), grounds[0] if grounds else "")
        return f"The case reached level {top} within {took}. {CAUSES.get(chief, '')}.".replace("..", ".")

    def effect(self) -> str:
        """What the log knows of the customer's side."""
        broken = f"{self.broken} promise{'' if self.broken == 1 else 's'}"
        told = {0: "were not told of it", 1: "were told of it once"}.get(
            self.letters, f"were told of it {self.letters} times"
        )
        back = sum(event.kind in ("rejected", "reopened") for event in self.events)
        more = f" They came back to us {'once' if back == 1 else f'{back} times'}." if back else ""
        if not self.broken:
            return f"No promise to the customer was broken.{more}"
        return f"We broke {broken} to the customer, and they {told}.{more}"

    def failure(self) -> Event | None:
        """The event the plan failed at, the first where there are several."""
        seqs = set(self.row.grounds.filter(cause__in=Ground.FAILURES).values_list("seq", flat=True))
        return next((event for event in self.events if event.seq in seqs), None)

    def chart(self) -> dict[str, Any]:
        """The picture of the way up with its table, for parts/chart.html."""
        rows = [
            [when_words(event.occurred_at, zone=self.zone, now=self.now), event_title(event), str(event.data["tier"]), actor_name(event)]
            for event in self.events
        ]  # fmt: skip
        return ladder(self.events, rows, failure=self.failure())


def page_of(one: PostMortem, story: Story, now: datetime, user: User) -> dict[str, Any]:
    """What console/post_mortem.html takes besides the forms."""
    offers = list(one.alternatives.select_related("by", "message").order_by("-at", "-pk"))
    newest = alternatives.newest(post_mortems.told_on(one.case))
    measures = list(one.measures.select_related("owner", "verified_by", "proof"))
    here = set(workers().filter(pk__in=[row.owner_id for row in measures]).values_list("pk", flat=True))
    tries = [tried(row, now) for row in one.counterfactuals.select_related("run", "run__version", "version", "by")]
    return {
        "title": f"Post-mortem of {one.case.reference}",
        "one": one,
        "tag": tag(one, now),
        "grounds": [
            {"words": CAUSES[ground.cause], "ground": ground} for ground in one.grounds.select_related("by").order_by("pk")
        ],
        "chart": story.chart(),
        "cut": len(story.events) == SHOWN,
        "conditions": [CONDITIONS[value] for value in one.conditions if value in CONDITIONS],
        "offer": offers[0] if offers else None,
        "before": offers[1:],
        "beside": post_mortems.offered_beside(one),
        "replaced": bool(offers and newest and newest.pk != offers[0].pk),
        "measures": [measure(row, one, now, user) | {"left": not row.done_at and row.owner_id not in here} for row in measures],
        "tries": tries,
        "going": any(row["going"] for row in tries),
        "missing": post_mortem_acts.not_closable(one) if one.is_open else [],
        "review": post_mortems.review_due(one, now),
    }  # fmt: skip


def measure(row: Measure, one: PostMortem, now: datetime, user: User) -> dict[str, Any]:
    """A measure with where it stands and what the reader may do to it."""
    page = reverse("admin:post_mortem_measure_done", args=[one.pk, row.pk])
    runs, review = post_mortems.may_run(one, user), post_mortems.review_due(one, now)
    may_finish = row.done_at is None and not review and (runs or row.owner_id == user.pk)
    may_review = review and runs and row.verified_at is None
    return {
        "row": row,
        "late": row.done_at is None and row.due_on < day_of(now),
        "finish": page if may_finish else "",
        "verify": page if may_review else "",
        "again": f"{page}?again" if may_review else "",
    }


def tried(row: Counterfactual, now: datetime) -> dict[str, Any]:
    """A try: its verdict, this case before and after, the others before and after, and how far a long run is."""
    family, shape = VERDICTS[Counterfactual.Verdict(row.verdict)]
    run, others = row.run, row.elsewhere
    going = run is not None and others is None and run.state in BackTest.UNFINISHED
    trouble = backtest_run.trouble(run, now) if run is not None and going else ""
    return {
        "row": row,
        "tag": {"family": family, "shape": shape, "word": row.get_verdict_display()},
        "here": lines(row.here),
        "stuck": row.here.get("stuck", ""),
        "others": others and {"lines": lines(others), **others},
        "going": going and not trouble,
        "progress": round(100 * run.progress) if run is not None and going else 0,
        "trouble": trouble or (run.error if run is not None and others is None else ""),
    }


def lines(found: Mapping[str, Mapping[str, int]]) -> list[tuple[str, int, int]]:
    """(figure, before, after) for what was counted."""
    before, after = found["before"], found["after"]
    return [(words, before[name], after[name]) for name, words in FIGURES.items() if name in before]


# On “Needs me now” and beside a case ------------------------------------------------------------------------


def desk(actor: Actor, now: datetime) -> list[dict[str, str]]:
    """The lines of one's own post-mortems, reviews and late measures; supervisors read of those that are nobody's, too.

    Nobody's are also those of somebody who has left, measures before their day as well: nobody else does them.
    """
    today, user = day_of(now), actor.user
    nobodys = Q(owner=None) | Q(owner__is_active=False)
    mine = Q(owner=user) | nobodys if actor.supervises else Q(owner=user)
    due = Q(closed_at=None) | Q(reviewed_at=None, review_on__lte=today)
    found = PostMortem.objects.filter(mine, due).select_related("case").order_by("due_on", "pk")[:MOST]
    lines_ = [_line(one, now) for one in found]
    lines_ += [
        {
            "tone": "amber",
            "text": f"A measure of yours is overdue since {row.due_on:%-d %b}: {row.text}",
            "url": reverse("admin:post_mortem_measure_done", args=[row.post_mortem_id, row.pk]),
            "label": "Say that it is done",
        }
        for row in post_mortems.measures_of(user, now)[:MOST]
    ]
    if actor.supervises:
        viewer = Viewer(user)
        lines_ += [_of_who_left(row) for row in post_mortems.nobodys_measures(viewer)[:MOST]]
        lines_ += [_not_opened(row) for row in post_mortems.not_opened(viewer)[:MOST]]
    return sorted(lines_, key=lambda line: ("red", "amber", "plain").index(line["tone"]))


def _of_who_left(row: Measure) -> dict[str, str]:
    return {
        "tone": "amber",
        "text": f"{row.owner} has left, and a measure due on {row.due_on:%-d %b} is nobody’s: {row.text}",
        "url": reverse("admin:post_mortem_measure_done", args=[row.post_mortem_id, row.pk]),
        "label": "Say that it is done",
    }


def _not_opened(row: TroubledCase) -> dict[str, str]:
    return {
        "tone": "red",
        "text": f"The post-mortem of {row.case} could not be opened. It is tried again within the hour.",
        "url": reverse("admin:post_mortems"),
        "label": "Read what is known",
    }


MOST = 5


def _line(one: PostMortem, now: datetime) -> dict[str, str]:
    day = f"{one.due_on:%-d %b}"
    late = post_mortems.is_overdue(one, now)
    if not one.is_open:
        tone, text, label = "amber", f"The measures of the post-mortem of {one.case} are to be verified.", "Review it"
    elif late:
        tone, text, label = "red", f"The post-mortem of {one.case} was due on {day}.", "Write it"
    else:
        near = one.due_on - day_of(now) <= timedelta(days=1)
        tone, text, label = "amber" if near else "plain", f"The post-mortem of {one.case} is due on {day}.", "Write it"
    return {"tone": tone, "text": text, "url": reverse("admin:post_mortem", args=[one.pk]), "label": label}
