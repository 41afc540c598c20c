"""The numbers of the pages made of tables: what a list of their cases is called, its page, and how it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from cases.models import Case, ReplyRevision, Severity, Team, User
from cases.replies import ENGLISH
from feedback import (
    at_night,
    climbs,
    cohorts,
    coming_back,
    durations,
    first_team,
    gaps,
    helpfulness,
    hours,
    needless,
    owed,
    writing,
)
from feedback.cohorts import Cohort
from feedback.measures import MEASURES
from feedback.models import ArticleRevision
from portal.insights.asking import Asked
from portal.insights.words import ASPECT_WORDS, MILESTONE_WORDS, STAGE_WORDS


@dataclass(frozen=True, slots=True)
class Number:
    """A kind of number: the title of its list, the page it stands on, its cases, and the words for its part.

    `cases` takes the question, the part and who asks. `answers` says of a part that to stand in the list tells what a
    customer answered. LookupError or ValueError for a part that does not exist.
    """

    title: str
    home: str
    cases: Callable[[Asked, str, User], QuerySet[Case]]
    words: Callable[[str], str]
    answers: Callable[[str], bool] = lambda part: False


def _owed(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: owed.cases_behind(which, asked.period, asked.scope, at=asked.at, part=part)


def _climbs(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: climbs.cases_behind(which, asked.period, asked.scope, part=part)


def _levels(part: str) -> str:
    was, to = (int(level) for level in part.split("-"))
    if was >= to:
        raise ValueError(f"From {was} to {to} nothing goes up.")
    return f" from level {was} to level {to}"


def _grid(part: str) -> str:
    milestone, severity = part.split("-")
    return f": {MILESTONE_WORDS[milestone]}, {str(Severity(int(severity)).label).lower()}"


def _base(part: str) -> str:
    reading, name, milestone = part.split(":")
    return f": {MILESTONE_WORDS[milestone]}, {name if reading == owed.VERSION else _team_name(name)}"


def _team_name(slug: str) -> str:
    return Team.objects.filter(slug=slug).values_list("name", flat=True).first() or slug


def _team(part: str) -> str:
    return f": {_team_name(part)}"


def _first(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: first_team.cases_behind(which, asked.period, asked.scope, part=part)


def _first_words(part: str) -> str:
    return f" {_team_name(part) or 'no team'}"


def _at_night(asked: Asked, part: str, user: User) -> QuerySet[Case]:
    return at_night.cases_behind(asked.period, asked.scope, part=part)


def _at_night_words(part: str) -> str:
    return f": {_team_name(part)}" if part else ""


def _plain(part: str) -> str:
    return f": {part}"


def _spent(asked: Asked, part: str, user: User) -> QuerySet[Case]:
    return hours.cases_behind(hours.SPENT, asked.period, asked.scope, at=asked.at, part=part)


def _needless(asked: Asked, part: str, user: User) -> QuerySet[Case]:
    return needless.cases_behind(asked.period, asked.scope)


def _stage(part: str) -> str:
    team, stage = part.split(":")
    where = f", {_team_name(team)}" if team else ""
    known = STAGE_WORDS | {hours.ANY: "At any stage", hours.OTHERS: "Waiting for the customer or another company"}
    return f": {known[stage][0].lower()}{known[stage][1:]}{where}"


def _gap(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: gaps.cases_behind(which, asked.period, asked.scope, part=part, to=user)


def _aspect(part: str) -> str:
    name, _, who = part.partition(":")
    person = User.objects.filter(pk=int(who)).values_list("name", flat=True).first() if who else ""
    return f": {ASPECT_WORDS[name].lower()}{f', {person}' if person else ''}"


def _is_low(part: str) -> bool:
    return part.partition(":")[0] == gaps.LOW


def _wrote(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: writing.cases_behind(which, asked.period, asked.scope, part=part)


WROTE = {
    "of": " of customers, filed here", "updated": " with an update", "timed": " with an update that names the next time",
    "chosen": " with an update whose writer chose the next time",
}  # fmt: skip


def _silent_words(part: str) -> str:
    edges = [str(edge) for edge in writing.EDGES]
    later = [*edges, ""][edges.index(part) + 1]
    return f": longest silence of {part} {f'to {later} office hours' if later else 'office hours or more'}"


def _began_words(part: str) -> str:
    title = (
        ReplyRevision.objects.filter(reply=writing.reply_of(part), is_current=True)
        .values_list("title", flat=True)
        .first()
    )
    return f" “{title or part}”"


def _timed(asked: Asked, part: str, user: User) -> QuerySet[Case]:
    return durations.cases_behind(part, asked.period, asked.scope)


def _under(asked: Asked, part: str, user: User) -> QuerySet[Case]:
    which, _, version = part.partition(":")
    key, _, half = which.rpartition("-")
    return cohorts.cases_behind(Cohort(asked.period, asked.scope, version), key, half, at=asked.at)


def _under_words(part: str) -> str:
    which, _, version = part.partition(":")
    key, _, half = which.rpartition("-")
    return f" “{MEASURES[key].name}”: {PARTS[half]}, under {version}"


def _under_answers(part: str) -> bool:
    which = part.partition(":")[0]
    return MEASURES[which.rpartition("-")[0]].answers


def _timed_under(asked: Asked, part: str, user: User) -> QuerySet[Case]:
    key, _, version = part.partition(":")
    found = durations.cases_behind(key, asked.period, asked.scope)
    return found.filter(protocol=version)


def _timed_under_words(part: str) -> str:
    key, _, version = part.partition(":")
    return f" “{durations.DURATIONS[key].name}”, under {version}"


def _returning(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: coming_back.cases_behind(which, asked.period, asked.scope, at=asked.at, part=part)


def _article(which: str) -> Callable[[Asked, str, User], QuerySet[Case]]:
    return lambda asked, part, user: helpfulness.cases_behind(which, asked.period, asked.scope, part=part)


def _article_words(part: str) -> str:
    title = (
        ArticleRevision.objects.filter(article__slug=part, language=ENGLISH, is_current=True)
        .values_list("title", flat=True)
        .first()
    )
    if title is None:
        raise LookupError(f"“{part}” is no article.")
    return f" “{title}”"


GROUP_WORDS = {coming_back.UP: ": after an escalated case", coming_back.OTHER: ": after another case"}
PARTS = {"of": "all that were looked at", "hits": "those that count"}
WHY_WORDS = {
    "missed": ": a time was missed",
    "asked": ": the customer asked for a supervisor",
    "risk": ": placed higher by risk",
    "reopened": ": by hand after it was opened again",
    "by_hand": ": by hand",
}
ALL, COMPARE = "/insights/all/", "/insights/compare/"
WRITING, EXAMPLES = "/insights/writing/", "/insights/writing/examples/"
KNOWLEDGE = "/insights/knowledge/"
COMING_BACK = "/insights/compare/coming-back/"
HERE, TRAINING = "/insights/bottlenecks/", "/insights/bottlenecks/training/"
LOADS = "/insights/promises/load/"
PROMISES, VERSIONS, TEAMS = "/insights/promises/", "/insights/promises/versions/", "/insights/promises/teams/"
NUMBERS: dict[str, Number] = {
    climbs.FLOW: Number("Cases that went up", PROMISES, _climbs(climbs.FLOW), _levels),
    climbs.TRIGGER: Number("Cases that went up", PROMISES, _climbs(climbs.TRIGGER), WHY_WORDS.__getitem__),
    "promised_at": Number("Cases with a promise that came due", PROMISES, _owed("promised_at"), _grid),
    "kept_at": Number("Cases with a promise that was kept", PROMISES, _owed("kept_at"), _grid),
    "broken_at": Number("Cases with a promise that was broken", PROMISES, _owed("broken_at"), _grid),
    "owed": Number("Cases with something due", TEAMS, _owed("owed"), _base),
    "in_time": Number("Cases with something done in time", TEAMS, _owed("in_time"), _base),
    "escalated_under": Number("Escalated cases", VERSIONS, _owed("escalated_under"), _plain),
    "false_under": Number("Cases that need not have gone up", VERSIONS, _owed("false_under"), _plain),
    "handed_over": Number("Cases handed over to be confirmed by name", TEAMS, _owed("handed_over"), _team),
    first_team.FILED: Number("Cases that came first to", LOADS, _first(first_team.FILED), _first_words),
    first_team.UP: Number("Escalated cases that came first to", LOADS, _first(first_team.UP), _first_words),
    at_night.AT_NIGHT: Number("Cases somebody was told of at night", LOADS, _at_night, _at_night_words),
    "load": Number("Escalated cases open now", TEAMS, _owed("load"), _team),
    hours.SPENT: Number("Escalated cases", HERE, _spent, _stage),
    needless.NEEDLESS: Number("Escalated cases that need not have gone up", HERE, _needless, lambda part: ""),
    writing.WRITTEN: Number("Cases", WRITING, _wrote(writing.WRITTEN), WROTE.__getitem__),
    writing.SILENT: Number("Cases that are over", WRITING, _wrote(writing.SILENT), _silent_words),
    writing.BEGAN: Number("Cases with a message that began with", EXAMPLES, _wrote(writing.BEGAN), _began_words),
    "time": Number("Cases behind", ALL, _timed, lambda part: f" “{durations.DURATIONS[part].name}”"),
    "under": Number("Cases behind", COMPARE, _under, _under_words, _under_answers),
    "time_under": Number("Cases behind", COMPARE, _timed_under, _timed_under_words),
    coming_back.QUIET: Number(
        "Cases whose customer went quiet", COMING_BACK, _returning(coming_back.QUIET), GROUP_WORDS.__getitem__
    ),
    coming_back.QUIET_OF: Number(
        "Cases customers were counted by", COMING_BACK, _returning(coming_back.QUIET_OF), GROUP_WORDS.__getitem__
    ),
    helpfulness.USED: Number("Cases an article was used on", KNOWLEDGE, _article(helpfulness.USED), _article_words),
    helpfulness.TRIED: Number(
        "Cases whose customer had read an article", KNOWLEDGE, _article(helpfulness.TRIED), _article_words
    ),
    gaps.GAP: Number("Cases that count", TRAINING, _gap(gaps.GAP), _aspect, _is_low),
    gaps.GAP_OF: Number("Cases looked at", TRAINING, _gap(gaps.GAP_OF), _aspect, _is_low),
}
