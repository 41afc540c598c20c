"""A kept view as a letter: the sentence of its page, up to eight of its figures, and a link to the same days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings

from cases.spelling import spell
from escalation.letters import NotNeeded
from escalation.models import Notice
from feedback.figure_views import KIND, SEES, token_of
from feedback.measures import MEASURES, Counted
from feedback.models import FigureView
from feedback.rollup import reading
from feedback.theme_figures import themes_of
from portal.insights import theme_tables
from portal.insights.asking import OWN, Asked
from portal.insights.bottlenecks import hours_page
from portal.insights.comparing import compare_page, sides_asked, sides_words
from portal.insights.comparing import lines_of as compared_lines
from portal.insights.dashboard import dashboard
from portal.insights.framing import COMPARE, TOO_FEW, Said
from portal.insights.owing import teams_page, versions_page
from portal.insights.promises import promises_page
from portal.insights.topics import count_topics, page_of
from portal.insights.training import EMPTY as NOBODY_HAS
from portal.insights.training import gaps_of
from portal.insights.training import sentence as gaps_sentence
from portal.insights.words import measure_change_words, measure_words
from portal.insights.writing import EMPTY as WROTE_NOTHING
from portal.insights.writing import Found
from portal.insights.writing import sentence as writing_sentence

OF_PROMISES = ("kept", "kept_1", "kept_2", "kept_3", "kept_4", "kept_supervisor", "escalated", "supervisor")
OF_CLOCKS = ("kept", "in_time_review", "in_time_acknowledge", "in_time_update", "in_time_resolve", "escalated", "astray", "exhausted")  # fmt: skip
OF_WORDS = ("satisfied", "low", "addressed", "heard", "response")
OF_WRITING = ("in_time_update", "kept_3", "heard", "satisfied", "at_first")
OF_TRAINING = ("low", "back_30", "astray", "kept", "at_first")
OF_ALL = ("satisfied", "low", "addressed", "heard", "escalated", "at_first", "back_30", "kept")


@dataclass(frozen=True, slots=True)
class Letter:
    """What the letter of a page has: its first words, and which of the registry's figures."""

    sentence: Callable[[Said, Asked], Mapping[str, Any]]
    keys: tuple[str, ...] = OF_ALL
    lines: Callable[[Mapping[str, Any]], list[str]] | None = None  # the page's own, in place of `keys`


def _dashboard(said: Said, asked: Asked) -> Mapping[str, Any]:
    return dashboard(asked, said.calendar, said.form.names)


def _promises(said: Said, asked: Asked) -> Mapping[str, Any]:
    return promises_page(asked, said.calendar, rules=said.rules, sees_matrix=False)


def _topics(said: Said, asked: Asked) -> Mapping[str, Any]:
    return page_of(count_topics(asked, said.form.topics, said.rules.protocol if said.rules else None))


def _compare(said: Said, asked: Asked) -> Mapping[str, Any]:
    return compare_page(asked, said.filters, said.form.names.teams, said.form.topics)


def _words(said: Said, asked: Asked) -> Mapping[str, Any]:
    return {"sentence": theme_tables.sentence(asked, themes_of(asked.period, asked.scope))}


def _writing(said: Said, asked: Asked) -> Mapping[str, Any]:
    found = Found(asked, said.office)
    return {"sentence": writing_sentence(asked, found)} if found.now.cases else {"empty": WROTE_NOTHING}


def _training(said: Said, asked: Asked) -> Mapping[str, Any]:
    found = gaps_of(asked).rows
    return {"sentence": gaps_sentence(asked, found, said.form.topics)} if found.cells else {"empty": NOBODY_HAS}


#: By the page of a view; the functions are those the pages are made with.
LETTERS: dict[str, Letter] = {
    "/insights/": Letter(_dashboard),
    "/insights/all/": Letter(_dashboard),
    "/insights/topics/": Letter(_topics),
    "/insights/promises/": Letter(_promises, OF_PROMISES),
    "/insights/promises/versions/": Letter(lambda said, asked: versions_page(asked), OF_PROMISES),
    "/insights/promises/teams/": Letter(lambda said, asked: teams_page(asked, said.form.names.teams), OF_CLOCKS),
    COMPARE: Letter(_compare, (), compared_lines),
    "/insights/words/": Letter(_words, OF_WORDS),
    "/insights/writing/": Letter(_writing, OF_WRITING),
    "/insights/bottlenecks/training/": Letter(_training, OF_TRAINING),
    "/insights/bottlenecks/": Letter(lambda said, asked: hours_page(asked, said.form.names), OF_CLOCKS),
}


def filters_of(view: FigureView) -> dict[str, str]:
    return dict(parse_qsl(view.query))


def line(key: str, figures: Counted, against: str) -> str:
    """'Satisfied (CSAT): 82% (78% to 86%) of 120. Up from 78%', as the page of all figures has it."""
    now, one = figures.now, MEASURES[key]
    share, interval = measure_words(one, now)
    said = f"{one.name}: {share}"
    if interval:
        said += f" ({interval})"
    if now.n:
        said += f" of {now.n:,}" if now.shown else f": {now.n}"
    changed = measure_change_words(one, figures, against) if now.shown else ""
    return f"{said}. {changed}" if changed else said


def pinned(asked: Asked, path: str, **more: str) -> str:
    """The whole address of `path` for these very days, whenever it is opened."""
    days = {"period": OWN, "from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
    return f"{settings.BASE_URL}{asked.link(path, **(days | more))}"


def lines_of(asked: Asked, keys: tuple[str, ...]) -> tuple[list[str], datetime]:
    """A line a figure, and up to when they are counted."""
    found, counted_to = reading.figures(keys, asked.period, asked.scope, at=asked.at)
    return [line(key, figures, asked.against) for key, figures in found.items()], counted_to


def view_of(notice: Notice) -> FigureView:
    """The view a letter is about. Raises NotNeeded when it is gone, or mailed no more, or not for its reader's eyes."""
    view = FigureView.objects.select_related("owner").filter(pk=notice.data["view"], owner=notice.person).first()
    if view is None or not view.mailed:
        raise NotNeeded("The view is deleted, or its letters were stopped.")
    if not notice.person.has_perm(SEES):
        raise NotNeeded("The person may not see figures any more.")
    return view


def way_out(view: FigureView) -> dict[str, Any]:
    """What stops the letters of a view, kept out of what is kept of the letter."""
    token = token_of(view)
    return {"unsubscribe": f"{settings.BASE_URL}/unsubscribe/{token}/", "secrets": [token]}


def counted_words(at: datetime) -> str:
    return f"Counted to {spell(at, settings.COMPANY_TIME_ZONE)}"


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter of a view says, counted at `now`: the numbers its page shows at that instant."""
    view = view_of(notice)
    said = Said(filters_of(view), now, by=view.owner)
    context = {"view": view, "views": f"{settings.BASE_URL}/insights/views/"} | way_out(view)
    asked = said.asked
    if asked is None:
        page = f"{settings.BASE_URL}{view.page}?{view.query}"
        return context | {"broken": True, "page": page, "few": TOO_FEW in said.form.errors.get("handler", ())}
    letter = LETTERS[view.page]
    first = letter.sentence(said, asked)
    sides = sides_asked(said.filters) if view.page == COMPARE else {}
    if sides and not sides_words(asked, said.filters, said.form.names.teams):
        return context | {"broken": True, "page": f"{settings.BASE_URL}{view.page}?{view.query}"}
    lines, counted_to = (letter.lines(first), asked.at) if letter.lines else lines_of(asked, letter.keys)
    return context | {
        "broken": False,
        "sentence": first.get("sentence") or first.get("empty") or first.get("choose", ""),
        "lines": lines,
        "words": asked.words if view.page == COMPARE else asked.said,
        "counted": counted_words(counted_to),
        "page": pinned(asked, view.page, **sides),
    }


COMPOSERS = {KIND: compose}
