"""Writing an article in the console: new, from a case, and the next revisions; checked with a preview, then kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cases.access import Viewer
from cases.models import Case
from cases.replies import ENGLISH
from escalation.saved_replies import NotSaved, languages
from feedback import articles, masking
from feedback.articles import ANSWER_MOST, TITLE_MOST, Draft, Overtaken, Text
from feedback.models import Article
from portal.console.articles_form import ArticleForm
from portal.console.protocol_editing import see_other, shown
from portal.console.restricted import closed
from portal.pages.doors import form_key, shown_key
from portal.presenters.article import html_of
from portal.presenters.timeline import last_answer

LOOKS = require_http_methods(["GET", "HEAD", "POST"])


@LOOKS
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """An article that was not there before."""
    return written(request, site.each_context(request), None)


@LOOKS
def edit(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The next revisions of one."""
    if pk >= 2**63:
        raise Http404
    return written(request, site.each_context(request), get_object_or_404(Article, pk=pk))


@LOOKS
def from_case(request: HttpRequest, site: AdminSite, case_id: int) -> HttpResponse:
    """A draft that begins with what a case was about and how it was answered, without what only the case may know."""
    cases = Case.objects.visible_to(Viewer(request.user)).select_related("customer", "owner", "category")
    case = get_object_or_404(cases, pk=min(case_id, 2**62))
    if away := closed(request, case):
        return away
    return written(request, site.each_context(request), None, case=case)


def begun(case: Case) -> Draft:
    """The draft a case begins: its title, and its newest answer with names, addresses and numbers masked."""
    people = {case.customer, case.owner, *(message.author for message in case.messages.select_related("author"))}
    names = [name for person in people if person for name in (person.name, person.email.partition("@")[0])]
    told = last_answer(case)
    said = masking.masked(str(told["text"]) if told else "", names).strip()
    first, _, rest = said.partition("\n")
    body = rest.strip() if len(first) <= ANSWER_MOST else said
    text = Text(masking.masked(case.title, names)[:TITLE_MOST], first[:ANSWER_MOST], body)
    return Draft({ENGLISH: text}, case.category_id, Article.Audience.INTERNAL)


def written(
    request: HttpRequest, frame: dict[str, Any], article: Article | None, *, case: Case | None = None
) -> HttpResponse:
    """The form; checked and shown as people would read it, or kept."""
    draft = begun(case) if case else None
    if request.method != "POST":
        return form_page(request, frame, ArticleForm(article=article, draft=draft), article, case)
    form = ArticleForm(request.POST, article=article, draft=draft)
    fine = form.is_valid()
    form.blame(articles.check(form.draft()) if fine else ())
    if not fine or form.errors or request.POST.get("press") != "save":
        status = 422 if form.errors else 200
        return form_page(request, frame, form, article, case, checked=form.draft().texts, status=status)
    made = {"by": frame["actor"].user, "at": frame["now"], "seen": form.cleaned_data["seen"]}
    try:
        kept = articles.write(article, form.draft(), made_from=case, form_key=form_key(request), **made)
    except Overtaken as why:
        return overtaken(request, frame, form, why)
    except NotSaved as why:
        form.blame(why.findings)
        return form_page(request, frame, form, article, case, status=422)
    same = article is not None and kept.version == made["seen"]
    live = kept.published_at is not None
    messages.success(request, "Nothing was changed." if same else "Saved. People read it once it is published." if live else "Saved as a draft.")  # fmt: skip
    return see_other(reverse("admin:article", args=[kept.pk]))


def overtaken(request: HttpRequest, frame: dict[str, Any], form: ArticleForm, why: Overtaken) -> HttpResponse:
    """The form again with what was typed, beside what a colleague wrote; saving again is the answer to it."""
    typed: Any = form.data.copy()  # type: ignore[attr-defined]
    typed["seen"] = str(why.now.version)
    form.data = typed
    stored = ArticleForm(article=why.now)
    newer = [
        {"label": str(field.label), "stored": shown(stored[field.name])}
        for field in form.visible_fields()
        if shown(field) != shown(stored[field.name])
    ]
    form.blame(why.findings)
    return form_page(request, frame, form, why.now, None, newer=newer, status=409)


def form_page(
    request: HttpRequest, frame: dict[str, Any], form: ArticleForm, article: Article | None, case: Case | None, *,
    checked: Any = None, newer: list[dict[str, str]] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """`checked`: the texts to show as people would read them; `newer`: what differs from a colleague's."""
    context = {
        "title": "Change an article" if article else "Article from a case" if case else "New article",
        "form": form,
        "article": article,
        "case": case,
        "key": shown_key(request),
        "checked": checked is not None and not form.errors,
        "previews": [preview(code, text) for code, text in (checked or {}).items() if not text.is_empty],
        "newer": newer or [],
        "back": reverse("admin:article", args=[article.pk]) if article else reverse("admin:articles"),
    }
    return TemplateResponse(request, "console/article_form.html", frame | context, status=status)


def named(code: str) -> str:
    return languages().get(code, code)


def preview(code: str, text: Any) -> dict[str, Any]:
    """A text as people read it."""
    return {"code": code, "name": named(code), "title": text.title, "answer": text.answer, "body": html_of(text.body)}


def previews(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Texts as people read them, English first."""
    return [preview(row.language, row) for row in sorted(rows, key=lambda row: (row.language != ENGLISH, row.language))]
