"""The digest of a week: what it was like in four numbers, what got clearly worse or better, what customers said, what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from cases.access import Viewer
from escalation.models import Notice
from feedback.figure_views import DIGEST
from feedback.intervals import COMPARED, apart
from feedback.measures import ALL, MEASURES, Counted
from feedback.periods import Period
from feedback.rollup import reading
from portal.charts import percent
from portal.insights.asking import OWN, Asked, Names
from portal.insights.dashboard import dashboard
from portal.insights.digest_words import due, quotes
from portal.insights.framing import Said
from portal.insights.mailing import counted_words, lines_of, pinned, view_of, way_out
from portal.insights.words import thousand

FOUR = ("satisfied", "addressed", "escalated", "kept")
SHOWN = 3  # things to look at, and as many that went well
SPLITS = (ALL, "topic", "team")
#: Of these less is better; the others that may be judged are better when there are more of them.
LESS = frozenset({"low", "escalated", "back_7", "back_30", "rejected", "grown", "astray", "supervisor", "exhausted", "post_mortem", "broken_twice"})  # fmt: skip
#: More of these is neither good nor bad, or said by others: what adherence adds up stands in the figures of times.
NEITHER = frozenset({"partly", "down", "response", "retro", "adherence"})
#: Who waits a week for a fact has none of the last week.
JUDGED = tuple(key for key, one in MEASURES.items() if key not in NEITHER and not (one.old and one.old[1]))
#: Of cases by when they were filed: last week's had less time to go wrong, so that they went wrong less says nothing.
YOUNG = frozenset(key for key, one in MEASURES.items() if one.dated == "filed_at")


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that clearly changed, of all cases or of a part of them."""

    key: str
    split: str
    part: str
    figures: Counted

    @property
    def gap(self) -> float:
        """How far it went, in shares of one."""
        return abs((self.figures.now.value or 0) - (self.figures.before.value or 0))

    @property
    def is_worse(self) -> bool:
        went_up = (self.figures.now.value or 0) > (self.figures.before.value or 0)
        return went_up == (self.key in LESS)


def week_before(day: date, zone: str) -> Period:
    """The seven days that end the day before `day`."""
    return Period.of_weeks(1, until=day - timedelta(days=1), zone=zone)


def moved(found: Iterable[Moved]) -> tuple[list[Moved], list[Moved]]:
    """What clearly got worse and what better, the largest first, three of each and each figure once.

    Two weeks are told apart only where their intervals do not meet: whatever is picked from hundreds of pairs because
    it stands out must stand out more than one that was asked for.
    """
    clear = [one for one in found if apart(one.figures.now, one.figures.before, least=COMPARED)]
    worse: dict[str, Moved] = {}
    better: dict[str, Moved] = {}
    for one in sorted(clear, key=lambda one: (-one.gap, one.key, one.split, one.part)):
        if one.is_worse:
            worse.setdefault(one.key, one)
        elif one.key not in YOUNG:
            better.setdefault(one.key, one)
    return list(worse.values())[:SHOWN], list(better.values())[:SHOWN]


def movements(asked: Asked) -> Iterable[Moved]:
    """Every figure that may be judged, of all cases the reader may know of, and by topic and team."""
    for split in SPLITS:
        for part, figures in reading.count(JUDGED, asked.period, asked.scope, at=asked.at, by=split).items():
            for key, counted in figures.items():
                # Cases without a team have no address of their own.
                if not split or part:
                    yield Moved(key, split, str(part), counted)


def moved_line(asked: Asked, one: Moved, names: Names) -> dict[str, str]:
    """'Escalation rate, Billing: 41%, was 20%' and the page with that filter set."""
    where = {"topic": names.topics, "team": names.teams}.get(one.split, {}).get(one.part, one.part)
    now, before = one.figures.now.value or 0, one.figures.before.value or 0
    say = thousand if MEASURES[one.key].rare else percent
    words = f"{MEASURES[one.key].name}{f', {where}' if where else ''}: {say(now)}, was {say(before)}"
    more = {one.split: one.part} if one.split else {}
    return {"words": words, "url": pinned(asked, "/insights/all/", **more)}


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the digest says of the week before the day it is owed for, counted at `now`."""
    view = view_of(notice)
    week = week_before(date.fromisoformat(notice.data["day"]), settings.COMPANY_TIME_ZONE)
    said = Said({"period": OWN, "from": week.first.isoformat(), "to": week.last.isoformat()}, now, by=view.owner)
    asked = said.asked
    assert asked is not None  # noqa: S101 # nosec B101 - seven days of their own are a valid question
    first = dashboard(asked, said.calendar, said.form.names)
    lines, counted_to = lines_of(asked, FOUR)
    worse, better = moved(movements(asked))
    said_words = quotes(Viewer(view.owner), asked)
    return (
        {
            "sentence": first.get("sentence") or first.get("empty", ""),
            "lines": lines,
            "worse": [moved_line(asked, one, said.form.names) for one in worse],
            "better": [moved_line(asked, one, said.form.names) for one in better],
            "due": due(view.owner, asked),
            "words": asked.words,
            "counted": counted_words(counted_to),
            "page": pinned(asked, "/insights/"),
            "answers": pinned(asked, "/insights/words/"),
            "views": f"{settings.BASE_URL}/insights/views/",
        }
        | said_words
        | way_out(view)
    )


COMPOSERS = {DIGEST: compose}
