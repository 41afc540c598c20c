"""The page of words: what customers wrote, with its themes, and the lessons of colleagues on the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import F, Func, Subquery
from django.http import HttpRequest
from django.urls import reverse

from cases.access import WORK, Viewer
from feedback import lessons, second_looks, themes
from feedback import verbatims as said_words
from feedback.figures import EVERYTHING
from feedback.improvements import DECIDE
from feedback.intervals import FEWEST
from feedback.models import Lesson, Survey, Theme
from feedback.theme_figures import Themes, lesson_words, themes_of
from feedback.verbatims import LOW, Verbatim
from portal.insights.asking import OWN, Asked, Pick
from portal.insights.framing import Question, page, table_file
from portal.insights.lately import lately
from portal.insights.tables import csv_lines
from portal.insights.theme_tables import agreement_table, sentence, tables_of, trend

HERE, PER_PAGE, MOST, LESSONS = "/insights/words/", 25, 1000, 5
NO_THEME, UNNAMED = "none", "unnamed"
SCORES = [("", "All scores"), (LOW, "Low: 1 and 2"), *((str(v), f"{v} {label}") for v, label in Survey.Satisfaction.choices)]  # fmt: skip
ASKS = ("score", "theme", "name", "q")
FEW = "So few comments would say what single people told us. Choose a longer period, or fewer filters."
NOT_THESE_DAYS = (
    "Comments without a name are listed for all cases of a usual period only: with a team, a topic or days of "
    "one’s own somebody could find out whose they are."
)  # fmt: skip
UNLISTED = "Comments given without a name count in the numbers and are listed by themselves: choose “Without a name”."


class Narrow(forms.Form):
    """Which of the period's comments are listed; bound to the address."""

    use_required_attribute = False
    score = Pick(label="Score", choices=SCORES, error_messages={"invalid_choice": "Choose a score from the list"})
    theme = Pick(label="Theme", error_messages={"invalid_choice": "Choose a theme from the list"})
    name = Pick(
        label="Given", choices=[("", "With a name"), (UNNAMED, "Without a name")],
        error_messages={"invalid_choice": "Choose “With a name” or “Without a name”"},
    )  # fmt: skip
    q = forms.CharField(
        label="Words", required=False, max_length=80,
        error_messages={"max_length": "“Words” is too long: at most 80 characters"},
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip

    def __init__(self, request: HttpRequest, known: Iterable[Theme]) -> None:
        self.asked = {name: request.GET[name].strip() for name in ASKS if request.GET.get(name, "").strip()}
        super().__init__(self.asked, auto_id="narrow-%s")
        theme: Any = self.fields["theme"]
        theme.choices = [
            ("", "All themes"),
            (NO_THEME, "No theme yet"),
            *((one.slug, one.name if one.is_active else f"{one.name} (retired)") for one in known),
        ]


@page("insights/words.html", "What customers write")
def words(question: Question, asked: Asked) -> dict[str, Any]:
    """The comments of a period, the newest first, and what they are about in numbers."""
    request, known = question.request, list(Theme.objects.order_by("-is_active", "name"))
    narrow, viewer = Narrow(request, known), Viewer(request.user)
    figures = _themes(asked, known)
    chosen = [one for one in known if one.slug == narrow.asked.get("theme")]
    found = {
        "narrow": narrow,
        "kept": list(narrow.asked.items()),
        "kept_here": list(asked.set.items()),
        "sentence": sentence(asked, figures),
        "remarks": [UNLISTED],
        "tables": [*tables_of(asked, figures), agreement_table(asked, figures, second_looks.agreement())],
        "trend": trend(asked, figures, chosen[0] if chosen else None),
        "lessons": lessons_on(chosen or [one for one in known if one.is_active], viewer, asked),
        "lessons_of": chosen[0].name if chosen else "",
        "use_theme": use_url(f"theme {chosen[0].slug}") if chosen and may_propose(request.user) else "",
        "may_tag": viewer.is_staff and request.user.has_perm(themes.SUPERVISE),
        "here": request.get_full_path(),
    }
    # Who sees no cases and narrows nothing has the list that is counted with the figures.
    n = None if viewer.is_staff or narrow.asked else figures.listed
    return found | (listed(request, asked, narrow, viewer, known, n) if narrow.is_valid() else {})


def _themes(asked: Asked, known: Sequence[Theme] | None = None) -> Themes:
    """The numbers of the page and its file."""
    found, _ = lately(
        ("themes", asked.period, asked.scope),
        lambda: themes_of(asked.period, asked.scope, known=known),
        lambda one: one.written,
        at=asked.at,
    )
    return found


@table_file("themes")
def words_csv(question: Question, asked: Asked) -> Iterable[str]:
    """Its tables as a file; no words."""
    found = _themes(asked)
    return csv_lines([*tables_of(asked, found), agreement_table(asked, found, second_looks.agreement())])


def listed(
    request: HttpRequest, asked: Asked, narrow: Narrow, viewer: Viewer, known: Sequence[Theme], n: int | None
) -> dict[str, Any]:
    """One page of comments, or why none is shown; `n`: how many there are, where that is known."""
    want = narrow.cleaned_data
    nameless = want["name"] == UNNAMED
    if nameless and (asked.scope != EVERYTHING or asked.set.get("period") == OWN):
        return {"no_list": NOT_THESE_DAYS}
    every = said_words.readable(viewer, said_words.of_period(asked.period, asked.scope))
    if nameless and every.filter(is_anonymous=True).count() < FEWEST:
        return {"no_list": FEW}
    theme = want["theme"]
    if theme:
        # By which theme a comment is found would say what the first reader put on it.
        every = every.exclude(pk__in=second_looks.waiting(request.user).values("survey"))  # type: ignore[arg-type]
    rows = said_words.narrowed(
        every, score=want["score"], theme="" if theme == NO_THEME else theme, untagged=theme == NO_THEME
    )
    rows = said_words.with_cases(said_words.unnamed(rows) if nameless else said_words.named(rows))
    rows = second_looks.with_blind(rows, request.user)  # type: ignore[arg-type]
    # What is masked cannot be searched for either: somebody could try numbers until one is found.
    found: Any = _with(want["q"], rows) if want["q"] else rows
    one = page_of(found, request.GET.get("page"), n)
    # Of those without a name a list that score, theme or words make short would say whose one is to who knows some of it.
    if (nameless or not viewer.is_staff) and 0 < one.paginator.count < FEWEST:
        return {"no_list": FEW}
    shown = list(one) if want["q"] else said_words.heard(one)
    offered = [one for one in known if one.is_active]
    here, may = request.get_full_path(), may_propose(request.user)
    made = [row_of(said, offered, here, may_use=may) for said in shown]
    return {"page": one, "rows": made}


def page_of(found: Any, asked: str | None, n: int | None) -> Page:
    """The page asked for of `n` rows. Where they are not counted, the first one comes with how many there are, in one question."""
    pages = Paginator(found, PER_PAGE)
    if n is not None:
        pages.count = n
    if n is not None or asked not in (None, "", "1") or isinstance(found, list):
        return pages.get_page(asked)
    every = found.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n")
    shown = list(found.annotate(of=Subquery(every))[:PER_PAGE])
    pages.count = shown[0].of if shown else 0
    return Page(shown, 1, pages)


def _with(text: str, rows: Any) -> list[Verbatim]:
    """The comments whose masked words hold `text`, of at most MOST of those whose own do."""
    small = text.casefold()
    near = said_words.heard(rows.filter(comment__icontains=text)[:MOST])
    return [said for said in near if small in said.words.casefold()]


def may_propose(user: Any) -> bool:
    """Whether the form of improvements opens for somebody."""
    return bool(user.has_perm(WORK) or user.has_perm(DECIDE))


def use_url(what: str) -> str:
    """The form of a new improvement that names `what` as what led to it."""
    return f"{reverse('admin:improvement_new')}?{urlencode({'from': what})}"


def row_of(said: Verbatim, offered: Sequence[Theme], here: str, *, may_use: bool) -> dict[str, Any]:
    """A comment in the list; without a name there is nothing beside it that leads to its case.

    One that `second_looks.with_blind` marks: its reader is to say what it is about before they see what somebody else said.
    """
    survey: Any = said.survey
    blind = survey.is_blind
    tags = sorted((row.theme for row in said.survey.theme_tags.all()), key=lambda one: one.name)
    key = themes.key_of(said.survey)
    return {
        "said": said,
        "key": key,
        "case": said.survey.case if said.is_named else None,
        "blind": blind,
        "tags": [] if blind else tags,
        "suggested": [] if blind else [one for one in themes.suggested(said.words, offered) if one not in tags],
        "use_url": use_url(f"comment {said.survey.pk}") if may_use and said.is_named else "",
        "tag_url": f"{reverse('admin:words_tags', args=[key])}?{urlencode({'next': here})}",
    }


def lessons_on(chosen: Iterable[Theme], viewer: Viewer, asked: Asked) -> list[Lesson]:
    """The newest lessons tagged with one of the themes, for who may read lessons, of teams they may know of."""
    if not viewer.is_staff:
        return []
    theirs = asked.scope.on_team("case__team__slug")
    found = lessons.readable(viewer.user).filter(theirs, tags__word__in=lesson_words(list(chosen)))  # type: ignore[arg-type]
    return list(found.distinct().order_by("-at")[:LESSONS])
