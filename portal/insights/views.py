"""The doors of the figures: one query or list each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from cases.access import Viewer
from cases.models import User
from feedback import improvements
from feedback.intervals import FEWEST
from portal import clock
from portal.console import noting
from portal.insights import knowledge as articles
from portal.insights import recommending
from portal.insights.asking import Asked, today_at
from portal.insights.bottlenecks import hours_page, spent_of
from portal.insights.bottlenecks import tables_of as hours_tables
from portal.insights.casework import FIGURE, OF_TOPICS, Behind, behind, csv_lines, measure_of, shown
from portal.insights.closing import Filed, answer
from portal.insights.comparing import compare_page, sides_words, way_back
from portal.insights.dashboard import dashboard
from portal.insights.definitions import DEFINITIONS
from portal.insights.examples import Found as Examples
from portal.insights.examples import examples_page
from portal.insights.examples import tables_of as example_tables
from portal.insights.framing import (
    Question,
    View,
    file_of,
    for_managers,
    frame,
    page,
    sees_cases,
    table_file,
    tidy,
)
from portal.insights.loading import loads_filed, loads_page
from portal.insights.measuring import filed as measures_filed
from portal.insights.measuring import measured
from portal.insights.numbers import NUMBERS
from portal.insights.owing import base_of, teams_file, teams_page, versions_file, versions_page
from portal.insights.promises import VIEWS_MATRIX, promised_of, promises_page, tables_of
from portal.insights.pulse import told
from portal.insights.returning import returning_page
from portal.insights.suggesting import suggestions_of
from portal.insights.tables import csv_lines as table_lines
from portal.insights.taking import taken, with_links
from portal.insights.topic_pictures import pictures
from portal.insights.topics import Page, count_topics, page_of
from portal.insights.topics import csv_lines as topic_lines
from portal.insights.training import gaps_of, gaps_table, training_page
from portal.insights.writing import Found as Written
from portal.insights.writing import tables_of as writing_tables
from portal.insights.writing import writing_page

PER_PAGE = 50
UNNAMED = "Answers given without a name count in the figures and are in no list"


@page("pages/insights.html", "Figures")
def figures(question: Question, asked: Asked) -> dict[str, Any]:
    """The figures of a period."""
    found = dashboard(asked, question.calendar, question.form.names)
    more = {"late_decisions": improvements.overdue(asked.at).count()}
    return found | more | {"csv_url": asked.link("/insights/cases.csv", which="filed")}


@page("insights/topics.html", "Topics")
def topics(question: Question, asked: Asked) -> dict[str, Any]:
    """What kinds of case came, how heavy they were, how they ended, and what rule they suggest."""
    found = _topics(question, asked)
    if not found.rows:
        return page_of(found)
    known = question.rules.protocol if question.rules else None
    suggested = suggestions_of(asked, question.form.topics, question.request.user, known)  # type: ignore[arg-type]
    return page_of(found) | {"charts": pictures(found), "suggestions": suggested}


@table_file("topics")
def topics_csv(question: Question, asked: Asked) -> Filed:
    """The table of topics as a file."""
    found = _topics(question, asked)
    return Filed(topic_lines(found), found.counted_to)


def _topics(question: Question, asked: Asked) -> Page:
    protocol = question.rules.protocol if question.rules else None
    return count_topics(asked, question.form.topics, protocol)


@page("insights/promises.html", "Promises and escalations")
def promises(question: Question, asked: Asked) -> dict[str, Any]:
    """What we promised and kept, and what went up and why."""
    viewer = Viewer(question.request.user)
    sees_matrix = viewer.is_staff and question.request.user.has_perm(VIEWS_MATRIX)
    return promises_page(asked, question.calendar, rules=question.rules, sees_matrix=sees_matrix)


@table_file("promises")
def promises_csv(question: Question, asked: Asked) -> Filed:
    """Its tables as a file."""
    found = promised_of(asked, question.calendar)
    return Filed(table_lines(tables_of(asked, found)), found.counted_to)


@page("insights/promises.html", "Promises by protocol version")
def versions(question: Question, asked: Asked) -> dict[str, Any]:
    """How each protocol version did."""
    return versions_page(asked)


@table_file("promises-by-version")
def versions_csv(question: Question, asked: Asked) -> Filed:
    """Its table as a file."""
    return Filed(table_lines([versions_file(asked)]), base_of(asked).counted_to)


@page("insights/promises.html", "Promises by team")
def teams(question: Question, asked: Asked) -> dict[str, Any]:
    """How each team did, from the same clocks."""
    return teams_page(asked, question.form.names.teams)


@table_file("promises-by-team")
def teams_csv(question: Question, asked: Asked) -> Filed:
    """Its table as a file."""
    return Filed(table_lines([teams_file(asked, question.form.names.teams)]), base_of(asked).counted_to)


@page("insights/promises.html", "Passing up and nights")
def loads(question: Question, asked: Asked) -> dict[str, Any]:
    """From which team cases go up, and whose nights that costs."""
    return loads_page(asked, question.form.names.teams)


@table_file("passing-up-and-nights")
def loads_csv(question: Question, asked: Asked) -> Filed:
    """Its tables as a file."""
    return loads_filed(asked, question.form.names.teams)


@page("insights/promises.html", "Bottlenecks")
def bottlenecks(question: Question, asked: Asked) -> dict[str, Any]:
    """Where the hours of escalated cases go."""
    return hours_page(asked, question.form.names)


@table_file("bottlenecks")
def bottlenecks_csv(question: Question, asked: Asked) -> Filed:
    """Its tables as a file."""
    found, counted_to = spent_of(asked)
    tables = hours_tables(asked, found, question.form.names) if found.n >= FEWEST else []
    return Filed(table_lines(tables), counted_to)


@page("insights/promises.html", "Training gaps")
def training(question: Question, asked: Asked) -> dict[str, Any]:
    """What goes wrong by topic and by person, and what there is to learn from."""
    user: Any = question.request.user
    return training_page(asked, question.form.topics, user, sees_cases=Viewer(user).is_staff)


@table_file("training-gaps")
def training_csv(question: Question, asked: Asked) -> Filed:
    """Its table as a file, with the people the reader may see."""
    user: Any = question.request.user
    found = gaps_of(asked)
    return Filed(table_lines([gaps_table(asked, found.rows, question.form.topics, user)]), found.counted_to)


@page("insights/promises.html", "How we write")
def writing(question: Question, asked: Asked) -> dict[str, Any]:
    """Silence, late updates and the times we name."""
    return writing_page(asked, question.form.names.teams, question.office)


@table_file("how-we-write")
def writing_csv(question: Question, asked: Asked) -> Iterable[str]:
    """Its tables as a file."""
    return table_lines(writing_tables(asked, Written(asked, question.office), question.form.names.teams))


@page("insights/examples.html", "How we write: examples")
def examples(question: Question, asked: Asked) -> dict[str, Any]:
    """The longest silences, saved replies and the best messages."""
    return examples_page(asked, question.office, Viewer(question.request.user))


@table_file("how-we-write-examples")
def examples_csv(question: Question, asked: Asked) -> Iterable[str]:
    """Its tables as a file; no words of messages."""
    return table_lines(example_tables(asked, Examples(asked, question.office)))


@page("insights/compare.html", "Compare")
def comparing(question: Question, asked: Asked) -> dict[str, Any]:
    """Two periods, teams or protocol versions beside each other."""
    names = question.form.names
    return compare_page(asked, question.request.GET.dict(), names.teams, names.topics)


@table_file("compare")
def comparing_csv(question: Question, asked: Asked) -> Filed:
    """Its table as a file; 404 where it is not said which two."""
    names, said = question.form.names, question.request.GET.dict()
    page_said = compare_page(asked, said, names.teams, names.topics)
    if "tables" not in page_said:
        raise Http404
    sides = ("Sides", sides_words(asked, said, names.teams))
    return Filed(table_lines(page_said["tables"]), page_said["counted_to"], [sides])


@page("insights/promises.html", "Coming back")
def coming_back(question: Question, asked: Asked) -> dict[str, Any]:
    """Who is heard of again after an escalated case, and after another."""
    return returning_page(asked)


@table_file("coming-back")
def coming_back_csv(question: Question, asked: Asked) -> Filed:
    """Its table as a file."""
    said = returning_page(asked)
    return Filed(table_lines(said.get("tables", ())), said["counted_to"])


@page("insights/measures.html", "All figures")
def all_figures(question: Question, asked: Asked) -> dict[str, Any]:
    """Every figure that is a share, in one table."""
    return measured(asked, question.office) | {"csv_url": asked.link("/insights/all.csv")}


@table_file("all-figures")
def all_figures_csv(question: Question, asked: Asked) -> Filed:
    """The same table as a file."""
    return measures_filed(asked)


@for_managers
@tidy
def cases(request: HttpRequest) -> HttpResponse:
    """The cases a number was counted from, 50 a page."""
    question, found = found_in(request)
    if found is None:
        return render(request, "pages/insights.html", frame(request, heading="Figures", filters=question.form))
    shown_page = Paginator(found.rows(), PER_PAGE).get_page(request.GET.get("page"))
    few = found.too_few(shown_page.paginator.count)
    said = question.asked
    more = {
        "title": found.title,
        "words": said.words if said else "",
        "period": said.period if said else None,
        "back": way_back(request.GET.dict()) or (said.link(_home_of(found.which)) if said else ""),
        "csv_url": said.link("/insights/cases.csv", which=found.which, part=found.part) if said else "",
        "report_url": said.link("/insights/cases/report/", which=found.which, part=found.part) if said else "",
        "few": few,
        "leaves_out": found.leaves_out(),
        "unseen": found.unseen(),
        "page": shown_page,
        "rows": [] if few else [shown(row) for row in shown_page],
    }
    return render(request, "insights/cases.html", frame(request, **more))


def _home_of(which: str) -> str:
    """The page a number stands on."""
    if which in NUMBERS:
        return NUMBERS[which].home
    return "/insights/topics/" if which in OF_TOPICS else "/insights/all/" if which == FIGURE else "/insights/"


def cases_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same cases as a file, row by row; sent as a form, with names and words, which the audit notes."""
    question, found = found_in(request)
    if found is None or question.asked is None or found.too_few(found.cases.count()):
        raise Http404
    named = request.method == "POST"
    if named and not found.sees_cases:
        raise Http404
    if named:
        chosen = [{"field": name, "old": "", "new": value} for name, value in request.GET.items()]
        noting.note(request, "insights_csv", changes=chosen)
    about = [("Cases", found.title)]
    about += [("Formula", measure_of(found.part).formula)] if found.which == FIGURE else []
    about += [("Left out", UNNAMED)] if found.leaves_out() else []
    lines = csv_lines(found, question.calendar, named=named)
    return file_of(request, Filed(lines, about=about), found.which, question.asked)


cases_file = for_managers(cases_csv, "GET", "POST")


@for_managers
def pulse(request: HttpRequest) -> HttpResponse:
    """What people who work on cases say of their month."""
    reader = cast("User", request.user)
    context = frame(request, heading="How manageable the work was", **told(clock.now(), by=reader))
    if (picture := taken(request, context)) is not None:
        return picture
    with_links(request, context.get("charts", ()))
    return render(request, "insights/pulse.html", context)


@for_managers
def knowledge(request: HttpRequest) -> HttpResponse:
    """How help articles fare."""
    reader = cast("User", request.user)
    return render(
        request,
        "insights/knowledge.html",
        frame(request, heading="Help articles", **articles.told(clock.now(), by=reader)),
    )


def _whole_house(what: str, lines: Callable[[datetime], Iterable[str]]) -> View:
    """A CSV file of figures that know no teams: who is bound to teams finds none."""

    def view(request: HttpRequest) -> StreamingHttpResponse:
        now, reader = clock.now(), cast("User", request.user)
        if reader.figures_by_team:
            raise Http404
        return answer(request, Filed(lines(now)), what, asked=None, days=f"to-{today_at(now).isoformat()}", now=now)

    return for_managers(view)


knowledge_csv = _whole_house("articles", articles.csv_lines)
recommend_csv = _whole_house("recommend", recommending.csv_lines)


@for_managers
def definitions(request: HttpRequest) -> HttpResponse:
    """Each figure's formula."""
    return render(
        request, "insights/definitions.html", frame(request, heading="What the figures mean", definitions=DEFINITIONS)
    )


def found_in(request: HttpRequest) -> tuple[Question, Behind | None]:
    """The question and the cases it asks for; None when the filters are wrong. 404 for a number that is none of ours."""
    question = Question(request)
    if question.asked is None:
        return question, None
    which, part = request.GET.get("which", "filed"), request.GET.get("part", "")
    try:
        return question, behind(question.asked, which, part, viewer=Viewer(request.user))
    except (LookupError, ValueError):
        raise Http404 from None


@for_managers
def recommend(request: HttpRequest) -> HttpResponse:
    """Whether customers would recommend us, quarter by quarter."""
    reader = cast("User", request.user)
    said = recommending.told(clock.now(), by=reader, sees_cases=sees_cases(request))
    context = frame(request, heading="Would they recommend us?", **said)
    if (picture := taken(request, context)) is not None:
        return picture
    with_links(request, context.get("charts", ()))
    return render(request, "insights/recommend.html", context)
