"""The page of training gaps: what goes wrong by topic and by who has the cases, and what there is to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from cases.access import WORK
from cases.models import User
from feedback import gaps
from feedback.gaps import GAP, GAP_OF, MARKED, SEES_HANDLERS, UP, Cells, Module, Rows
from feedback.intervals import ENOUGH, FEWEST, Share, apart
from feedback.rollup import standing
from feedback.rollup.standing import Gaps
from feedback.training import assignable
from portal.charts import percent
from portal.insights.asking import Asked
from portal.insights.bottlenecks import TRAINING, readings
from portal.insights.drawing import MOST_ROWS
from portal.insights.lately import figures
from portal.insights.tables import Cell, Table, of_share
from portal.insights.words import ASPECT_WORDS, MILESTONE_WORDS, count_words, days_words

MOST = 6  # suggestions
CLEAR = "clearly above the rest"
WHO = "Colleagues are shown to themselves, to who leads their team and to managers, by name and never by score."
EMPTY = "Nobody has a case that was filed here in this period. Choose a longer one, or fewer filters."


def gaps_of(asked: Asked) -> Gaps:
    """What the page and its file are made of."""
    return figures("gaps", asked, standing.gaps, lambda found: found.rows.whole[UP].n)


def training_page(asked: Asked, topics: Mapping[str, str], user: User, *, sees_cases: bool) -> dict[str, Any]:
    """What the template takes; `user` is who reads it."""
    counted = gaps_of(asked)
    context: dict[str, Any] = {"readings": readings(asked, TRAINING), "counted_to": counted.counted_to}
    if not counted.cells:
        return context | {"empty": EMPTY}
    table = gaps_table(asked, counted.rows, topics, user, most=MOST_ROWS)
    return context | {
        "csv_url": asked.link("/insights/bottlenecks/training.csv"),
        "sentence": sentence(asked, counted.rows, topics),
        "tables": [table, modules_table(asked, counted, topics, sees_cases=sees_cases)],
    }


def sentence(asked: Asked, found: Rows, topics: Mapping[str, str]) -> str:
    """The page's first words, which name nobody."""
    said = ", ".join(f"{ASPECT_WORDS[name].lower()} on “{topics.get(topic, topic)}”" for topic, name in found.marked)
    first = f"{days_words(asked.period)}: {count_words(found.whole[UP].n, 'case')} filed here that a colleague has. "
    return first + (f"Clearly above the rest: {said}." if said else "No topic stands clearly above the rest.")


# The table ----------------------------------------------------------------------------------------------------


def gaps_table(asked: Asked, found: Rows, topics: Mapping[str, str], user: User, *, most: int | None = None) -> Table:
    """Each topic, and below it those of its people the reader may see; topics by size, people by name."""
    rows = found.topics
    names = gaps.visible({who for mine in found.cells.values() for who in mine}, to=user)
    may = _may_give(found, user)
    made: list[tuple[str, list[Cell]]] = []
    order = sorted(rows, key=lambda topic: (-rows[topic][UP].n, topic))
    for topic in order[:most]:
        label = topics.get(topic, topic)
        made.append((label, row_of(asked, rows[topic], found.whole, {"topic": topic}, "", may_give=bool(may))))
        mine = found.cells[topic]
        shown = gaps.shown_of(mine, [who for who in mine if who in names])
        for who in sorted(shown, key=lambda one: (names[one], one)):
            cells = row_of(asked, shown[who], rows[topic], {"topic": topic}, f":{who}", may_give=who in may)
            made.append((f"{label}: {names[who]}", cells))
    note = WHO if not user.has_perm(SEES_HANDLERS) else ""
    if most is not None and len(order) > most:
        note += f" The {most} largest topics of {len(order)}; the file has them all."
    return Table(
        "gaps", title_of(found, topics), f"Of cases filed here, by the topic and the person they have now. A topic is compared with all others, a person with the "
        f"others on the same topic; marked from {ENOUGH} cases on both sides, where the intervals do not meet. Fewer than {FEWEST} are not shown, nor what a colleague who is not shown could be told from.",
        "Topic and person", [*(ASPECT_WORDS[name] for name in MARKED), "How hard"], made,
        asked.link("/insights/bottlenecks/training.csv"), note.strip(),
    )  # fmt: skip


def _may_give(found: Rows, user: User) -> set[int]:
    """Whom the reader may give training; asked only where a cell is marked, of a topic or of a person on it."""
    if not user.has_perm(WORK) or not (found.marked or found.marks_people):
        return set()
    return set(assignable(user).values_list("pk", flat=True))


def title_of(found: Rows, topics: Mapping[str, str]) -> str:
    if found.marked:
        names = dict.fromkeys(topics.get(topic, topic) for topic, _ in found.marked)
        return f"Clearly above the rest: {', '.join(names)}"
    return "No topic stands clearly above the rest"


def row_of(asked: Asked, cells: Cells, whole: Cells, more: dict[str, str], who: str, *, may_give: bool) -> list[Cell]:
    """A row's cells; `who` is ":id" of one person, empty for everybody. `may_give`: a marked one leads to training."""
    made = []
    for name in MARKED:
        urls = (asked.cases(which, more=more | {"part": f"{name}{who}"}) for which in (GAP, GAP_OF))
        marked = gaps.clearly(cells, whole, name)
        act = ("Assign training", give_url(asked, more["topic"], name, who)) if marked and may_give else ("", "")
        made.append(of_share(cells[name], *urls, mark=CLEAR if marked else "", act=act))
    return [*made, how_hard(cells[UP], whole[UP], asked.cases(GAP_OF, more=more | {"part": f"{UP}{who}"}))]


def give_url(asked: Asked, topic: str, aspect: str, who: str) -> str:
    """The console's form that gives training for a marked cell, with the days it was counted in."""
    given = {
        "topic": topic,
        "aspect": aspect,
        "from": asked.period.first.isoformat(),
        "to": asked.period.last.isoformat(),
    }
    if who:
        given["person"] = who.removeprefix(":")
    return f"{reverse('admin:training_new')}?{urlencode(given)}"


def how_hard(mine: Share, whole: Share, url: str) -> Cell:
    """How many of the cases went up, and whether that is clearly more than of the rest: the case mix beside a person."""
    if mine.value is None:
        return of_share(mine, "", url)
    harder = apart(mine, Share(whole.hits - mine.hits, whole.n - mine.n)) == "up"
    words = f"{percent(mine.value)} escalated"
    return Cell(
        words,
        under="harder than average" if harder else "",
        of=f"{mine.n:,}",
        of_url=url,
        file=of_share(mine, "", "").file,
    )


# Modules ------------------------------------------------------------------------------------------------------


def modules_table(asked: Asked, counted: Gaps, topics: Mapping[str, str], *, sees_cases: bool) -> Table:
    """What was missed most, each with its cases and what there is to learn from."""
    missed = [(n, topic, key) for (topic, key), n in counted.misses.items() if n >= FEWEST]
    missed = sorted(missed, key=lambda row: (-row[0], row[1:]))[:MOST]
    marked = counted.rows.marked[:MOST]
    known = gaps.modules([*(topic for _, topic, _ in missed), *(topic for topic, _ in marked)])

    def line(topic: str, happened: str, url: str) -> dict[str, Any]:
        words = f"{topics.get(topic, topic)}: {happened}. {learn_words(known[topic])}"
        return {"words": words, "url": url, "label": "The cases", "more": links_of(known[topic], sees_cases)}

    lines = []
    for n, topic, key in missed:
        late = f"{MILESTONE_WORDS[key].lstrip('1234 ').lower()} came late or not at all on {count_words(n, 'case')}"
        lines.append(line(topic, late, asked.cases("broken", more={"topic": topic, "part": key})))
    for topic, name in marked:
        more = f"{ASPECT_WORDS[name].lower()} clearly more often"
        lines.append(line(topic, more, asked.cases(GAP, more={"topic": topic, "part": name})))
    none = f"Nothing was missed on {FEWEST} cases of a topic, and no topic stands out: no module is suggested."
    return Table(
        "modules", f"{count_words(len(lines), 'suggestion')} for training" if lines else "No module is suggested",
        "What was missed on live cases, by topic and cause, and what there is to learn from.", "", (), (), note="" if lines else none, lines=lines,
    )  # fmt: skip


def learn_words(modules: list[Module]) -> str:
    return "To learn from:" if modules else "There is neither a playbook nor an article on it yet: write one."


def links_of(modules: list[Module], sees_cases: bool) -> list[dict[str, str]]:
    """Ways to the modules; who does not work on cases reads their titles only."""
    return [{"label": one.title, "url": _address(one) if sees_cases else ""} for one in modules[:3]]


def _address(one: Module) -> str:
    if one.article is not None:
        return reverse("admin:article", args=[one.article])
    return reverse("admin:playbook", args=[one.topic])
