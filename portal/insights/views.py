"""The doors of the figures: who may see them, what was asked, and one query or list each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from cases.access import Viewer
from escalation.book import NoProtocol, rules_in_force
from escalation.protocol import Rules
from escalation.worktime import Calendar
from portal import clock
from portal.console import noting
from portal.insights import knowledge as articles
from portal.insights.asking import NAMES, Asked, Filters, data_of, today_at
from portal.insights.casework import FIGURE, OF_TOPICS, Behind, behind, csv_lines, shown
from portal.insights.dashboard import dashboard
from portal.insights.definitions import DEFINITIONS
from portal.insights.measuring import csv_lines as measure_lines
from portal.insights.measuring import measured
from portal.insights.pulse import told
from portal.insights.suggesting import suggestions_of
from portal.insights.topic_pictures import pictures
from portal.insights.topics import Page, count_topics, page_of
from portal.insights.topics import csv_lines as topic_lines
from portal.pages.doors import View, door, see_other

SEES = "feedback.view_insights"
PER_PAGE = 50
ALWAYS = Calendar("always", "UTC", always=True)
PLACES = (
    ("/insights/", "Figures"),
    ("/insights/all/", "All figures"),
    ("/insights/topics/", "Topics"),
    ("/insights/pulse/", "Pulse"),
    ("/insights/knowledge/", "Articles"),
    ("/insights/definitions/", "What the figures mean"),
)
#: These show the same question: what is set goes with the reader.
SAME_QUESTION = ("/insights/", "/insights/all/", "/insights/topics/")


def for_managers(view: Callable[..., HttpResponseBase], *methods: str) -> View:
    """Only for who may see figures: nobody signed in goes to the sign-in page, to others the page does not exist."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.is_authenticated:
            return see_other(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")
        if not request.user.has_perm(SEES):
            raise Http404
        return view(request, *args, **kwargs)

    return door(*(methods or ("GET",)))(inner)


class Question:
    """What a request asks: its form, and when that is valid, the question it means."""

    def __init__(self, request: HttpRequest) -> None:
        self.at = clock.now()
        self.rules = rules()
        today = today_at(self.at)
        said = data_of(request.GET.dict(), today)
        self.form = Filters(said, rules=self.rules, today=today)
        self.asked: Asked | None = None
        if self.form.is_valid():
            self.asked = Asked(said, self.form.period_asked(), self.form.scope(), self.form.words(), self.at)

    @property
    def calendar(self) -> Calendar:
        """The office hours of the protocol in force; every hour where there is none."""
        return self.rules.calendar(self.rules.protocol.windows.calendar, self.at) if self.rules else ALWAYS


def rules() -> Rules | None:
    """The rules in force, or None in an installation that has published none."""
    try:
        return rules_in_force()
    except NoProtocol:
        return None


def tidy(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Sends an address with empty parts on to the same one without them, which is the one people share."""

    @wraps(view)
    def inner(request: HttpRequest) -> HttpResponse:
        said = request.GET.dict()
        kept = {name: value for name, value in said.items() if value.strip() or name not in NAMES}
        if len(kept) < len(said):
            return see_other(f"{request.path}?{urlencode(kept)}" if kept else request.path)
        return view(request)

    return inner


def frame(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """What every page of figures takes: its place among them, who is looking, and the zone its days are counted in."""
    said = urlencode({name: request.GET[name] for name in NAMES if request.GET.get(name)})
    tabs = [
        {
            "label": label,
            "url": f"{url}?{said}" if said and url in SAME_QUESTION else url,
            "current": url == request.path,
        }
        for url, label in PLACES
    ]
    return {"tabs": tabs, "sees_cases": sees_cases(request), "zone": settings.COMPANY_TIME_ZONE} | more


def sees_cases(request: HttpRequest) -> bool:
    return Viewer(request.user).is_staff


@for_managers
@tidy
def figures(request: HttpRequest) -> HttpResponse:
    """The figures of a period."""
    question = Question(request)
    context = frame(request, heading="Figures", filters=question.form)
    if question.asked:
        context |= dashboard(question.asked, question.calendar, question.form.names)
        csv_url = question.asked.link("/insights/cases.csv", which="filed")
        context |= {"filter_words": question.asked.words, "csv_url": csv_url}
    return render(request, "pages/insights.html", context)


@for_managers
@tidy
def topics(request: HttpRequest) -> HttpResponse:
    """What kinds of case came, how heavy they were, how they ended, and what rule they suggest."""
    question = Question(request)
    context = frame(request, heading="Topics", filters=question.form)
    if question.asked:
        page = _topics(question, question.asked)
        context |= page_of(page)
        if page.rows:
            suggested = suggestions_of(question.asked, question.form.topics, request.user)  # type: ignore[arg-type]
            context |= {"charts": pictures(page), "suggestions": suggested}
        context |= {"filter_words": question.asked.words, "counted_to": question.at}
    return render(request, "insights/topics.html", context)


@for_managers
def topics_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The table of topics as a file."""
    question = Question(request)
    if question.asked is None:
        raise Http404
    lines = topic_lines(_topics(question, question.asked))
    return _file(lines, "topics", question.asked)


def _topics(question: Question, asked: Asked) -> Page:
    protocol = question.rules.protocol if question.rules else None
    return count_topics(asked, question.form.topics, protocol)


@for_managers
@tidy
def all_figures(request: HttpRequest) -> HttpResponse:
    """Every figure that is a share, in one table."""
    question = Question(request)
    context = frame(request, heading="All figures", filters=question.form)
    if question.asked:
        context |= measured(question.asked)
        context |= {"filter_words": question.asked.words, "csv_url": question.asked.link("/insights/all.csv")}
    return render(request, "insights/measures.html", context)


@for_managers
def all_figures_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same table as a file."""
    question = Question(request)
    if question.asked is None:
        raise Http404
    return _file(measure_lines(question.asked), "all-figures", question.asked)


@for_managers
@tidy
def cases(request: HttpRequest) -> HttpResponse:
    """The cases a number was counted from, 50 a page."""
    question, found = _found(request)
    if found is None:
        return render(request, "pages/insights.html", frame(request, heading="Figures", filters=question.form))
    page = Paginator(found.rows(), PER_PAGE).get_page(request.GET.get("page"))
    few = found.too_few(page.paginator.count)
    said = question.asked
    more = {
        "title": found.title,
        "words": said.words if said else "",
        "period": said.period if said else None,
        "back": said.link(_home_of(found.which)) if said else "",
        "csv_url": said.link("/insights/cases.csv", which=found.which, part=found.part) if said else "",
        "few": few,
        "leaves_out": found.leaves_out(),
        "unseen": found.unseen(),
        "page": page,
        "rows": [] if few else [shown(row) for row in page],
    }
    return render(request, "insights/cases.html", frame(request, **more))


def _home_of(which: str) -> str:
    """The page a number stands on."""
    return "/insights/topics/" if which in OF_TOPICS else "/insights/all/" if which == FIGURE else "/insights/"


def cases_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same cases as a file, row by row; sent as a form, with names and words, which the audit notes."""
    question, found = _found(request)
    if found is None or question.asked is None or found.too_few(found.cases.count()):
        raise Http404
    named = request.method == "POST"
    if named and not found.sees_cases:
        raise Http404
    if named:
        chosen = [{"field": name, "old": "", "new": value} for name, value in request.GET.items()]
        noting.note(request, "insights_csv", changes=chosen)
    return _file(csv_lines(found, question.calendar, named=named), found.which, question.asked)


cases_file = for_managers(cases_csv, "GET", "POST")


@for_managers
def pulse(request: HttpRequest) -> HttpResponse:
    """What people who work on cases say of their month."""
    return render(request, "insights/pulse.html", frame(request, **told(clock.now())))


@for_managers
def knowledge(request: HttpRequest) -> HttpResponse:
    """How help articles fare."""
    return render(request, "insights/knowledge.html", frame(request, **articles.told(clock.now())))


@for_managers
def knowledge_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same, article by article, as a file."""
    now = clock.now()
    lines = (line.encode() for line in articles.csv_lines(now))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="articles-to-{today_at(now).isoformat()}.csv"'
    return response


@for_managers
def definitions(request: HttpRequest) -> HttpResponse:
    """Each figure's formula."""
    return render(request, "insights/definitions.html", frame(request, definitions=DEFINITIONS))


def _file(lines: Iterable[str], what: str, asked: Asked) -> StreamingHttpResponse:
    """A CSV file, row by row, under a name that says what it is."""
    name = f"{what}-{asked.period.first.isoformat()}-to-{asked.period.last.isoformat()}.csv"
    response = StreamingHttpResponse((line.encode() for line in lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _found(request: HttpRequest) -> tuple[Question, Behind | None]:
    """The question and the cases it asks for; None when the filters are wrong. 404 for a number that is none of ours."""
    question = Question(request)
    if question.asked is None:
        return question, None
    which, part = request.GET.get("which", "filed"), request.GET.get("part", "")
    try:
        return question, behind(question.asked, which, part, viewer=Viewer(request.user))
    except (LookupError, ValueError):
        raise Http404 from None
