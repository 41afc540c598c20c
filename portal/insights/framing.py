"""What every page of figures shares: who may see it, what was asked, its place among the others, and its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.forms import HiddenInput
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from cases.access import Viewer
from cases.models import User
from escalation.book import NoProtocol, office_hours, rules_in_force
from escalation.protocol import Rules
from escalation.worktime import Calendar
from feedback.figure_views import SEES
from feedback.handlers import mix_of
from feedback.intervals import FEWEST
from portal import clock
from portal.insights.asking import AGAINST, NAMES, Asked, Filters, data_of, today_at
from portal.insights.closing import Filed, answer
from portal.insights.taking import taken, with_links
from portal.pages.doors import View, door, see_other

#: Of one colleague.
TOO_FEW = (
    f"Fewer than {FEWEST} cases of this person were filed in this period with these filters: nothing is shown of so few"
)
ALWAYS = Calendar("always", "UTC", always=True)
PLACES = (
    ("/insights/", "Figures"),
    ("/insights/promises/", "Promises"),
    ("/insights/bottlenecks/", "Bottlenecks"),
    ("/insights/topics/", "Topics"),
    ("/insights/words/", "Words"),
    ("/insights/writing/", "How we write"),
    ("/insights/compare/", "Compare"),
    ("/insights/all/", "All figures"),
    ("/insights/recommend/", "Recommend"),
    ("/insights/pulse/", "Pulse"),
    ("/insights/knowledge/", "Articles"),
    ("/insights/views/", "My views"),
    ("/insights/definitions/", "What the figures mean"),
)
#: These show the same question: what is set goes with the reader.
SAME_QUESTION = (
    "/insights/",
    "/insights/promises/",
    "/insights/bottlenecks/",
    "/insights/topics/",
    "/insights/words/",
    "/insights/writing/",
    "/insights/compare/",
    "/insights/all/",
)

COMPARE = "/insights/compare/"
#: What the comparison asks besides: what is compared, and which two.
SIDES = ("by", "a", "b")
#: What may be kept as a view: with the filters of the question; of what a page asks besides, the sides of a comparison only.
KEPT = (
    *SAME_QUESTION, "/insights/promises/versions/", "/insights/promises/teams/", "/insights/bottlenecks/training/",
)  # fmt: skip

#: These set a period beside another one; the comparison has a choice of its own.
COMPARED = ("/insights/", "/insights/promises/", "/insights/promises/load/", "/insights/writing/", "/insights/all/")
#: What lies below these are readings of the same.
ABOVE = ("/insights/promises/", "/insights/bottlenecks/", "/insights/writing/", "/insights/compare/")


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


class Said:
    """What `by` asks with the filters of an address at an instant: their form, and when that is valid, the question."""

    def __init__(self, filters: Mapping[str, str], at: datetime, *, by: User) -> None:
        self.at = at
        self.filters = dict(filters)
        self.rules = rules()
        self._hours: Callable[[str, datetime], Calendar | None] | None = None
        today = today_at(self.at)
        said = data_of(filters, today)
        self.form = Filters(said, rules=self.rules, today=today, by=by)
        self.asked = self._asked(said) if self.form.is_valid() else None

    def _asked(self, said: dict[str, str]) -> Asked | None:
        """The question; none of one person of whose work too little is there to be shown."""
        period, scope, mix = self.form.period_asked(), self.form.scope(), None
        if scope.handler is not None:
            mix = mix_of(period, scope)
            if not mix.mine.shown:
                self.form.add_error("handler", TOO_FEW)
                return None
        return Asked(said, period, scope, self.form.words(mix), self.at)

    def office(self, label: str, at: datetime) -> Calendar | None:
        """Office hours of a version: of the one in force they are at hand, the others cost one question."""
        if self.rules and self.rules.protocol.label == label:
            return self.rules.calendar(self.rules.protocol.windows.calendar, at)
        self._hours = self._hours or office_hours()
        return self._hours(label, at)

    @property
    def calendar(self) -> Calendar:
        """The office hours of the protocol in force; every hour where there is none."""
        return self.rules.calendar(self.rules.protocol.windows.calendar, self.at) if self.rules else ALWAYS


class Question(Said):
    """What a request asks."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET.dict(), clock.now(), by=request.user)  # type: ignore[arg-type]
        self.request = request


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
            "current": url == request.path or (url in ABOVE and request.path.startswith(url)),
        }
        for url, label in PLACES
    ]
    if request.path in KEPT:
        names = (*NAMES, *SIDES) if request.path == COMPARE else NAMES
        keep = urlencode({"page": request.path} | {name: request.GET[name] for name in names if request.GET.get(name)})
        more = {"keep_url": f"/insights/views/new/?{keep}"} | more
    link = f"{settings.BASE_URL.rstrip('/')}{request.get_full_path()}"
    return {"tabs": tabs, "sees_cases": sees_cases(request), "zone": settings.COMPANY_TIME_ZONE, "link": link} | more


def sees_cases(request: HttpRequest) -> bool:
    return Viewer(request.user).is_staff


Fill = Callable[[Question, Asked], dict[str, Any]]


def page(template: str, heading: str) -> Callable[[Fill], View]:
    """A page of figures: the filters, what is wrong with them, and for a valid question what `fill` says of it."""

    def made(fill: Fill) -> View:
        @wraps(fill)
        def view(request: HttpRequest) -> HttpResponse:
            question = Question(request)
            context = frame(request, heading=heading, filters=question.form)
            compares = request.path in COMPARED
            if not compares and AGAINST not in question.form.errors:
                # What was chosen for the other pages goes along unseen.
                question.form.fields[AGAINST].widget = HiddenInput()
            if question.asked:
                words = question.asked.said if compares else question.asked.words
                context |= {"filter_words": words, "counted_to": question.at}
                context |= fill(question, question.asked)
                if (picture := taken(request, context)) is not None:
                    return picture
                with_links(request, context.get("charts", ()))
            return render(request, template, context)

        return for_managers(tidy(view))

    return made


def table_file(what: str) -> Callable[[Callable[[Question, Asked], Iterable[str] | Filed]], View]:
    """The same question's numbers as a CSV file; wrong filters make no file (404)."""

    def made(lines: Callable[[Question, Asked], Iterable[str] | Filed]) -> View:
        @wraps(lines)
        def view(request: HttpRequest) -> HttpResponseBase:
            question = Question(request)
            if question.asked is None:
                raise Http404
            return file_of(request, lines(question, question.asked), what, question.asked)

        return for_managers(view)

    return made


def file_of(request: HttpRequest, found: Iterable[str] | Filed, what: str, asked: Asked) -> StreamingHttpResponse:
    """A CSV file, row by row, under a name that says what it is; below its rows it says what was asked, and who had it made."""
    filed = found if isinstance(found, Filed) else Filed(found)
    return answer(request, filed, what, asked=asked, days=days_of(asked), now=clock.now())


def days_of(asked: Asked) -> str:
    """The days of a question in the name of a file."""
    return f"{asked.period.first.isoformat()}-to-{asked.period.last.isoformat()}"
