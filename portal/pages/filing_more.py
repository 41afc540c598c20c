"""Two stops on the way of filing that are not questions of a form: what is like it, and its files."""

from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat

from cases import files
from cases.files import Unfit, no
from cases.models import Draft
from cases.models.draft import LASTS
from escalation.verbs import Refused
from feedback import knowledge
from portal import clock, similar
from portal.drafts import current, filing_door, keep, person_of, way_of
from portal.filing_steps import CHECK, FILES, SIMILAR, Way
from portal.pages.doors import done, see_other, shown_key
from portal.pages.filing import url_of
from portal.pages.help import visitor
from portal.uploads import LOOKED_AT_MOST, count_guest


@filing_door("GET", "POST")
def like(request: HttpRequest) -> HttpResponse:
    """Is it one of these? Asked at most once, only when there is something, and “No, continue” is the big button."""
    draft = current(request)
    if draft is None or not draft.answers.get(SIMILAR):
        return see_other("/cases/new/")
    onward, problem = url_of(way_of(request).after("details", draft.step)), ""
    if request.method == "POST":
        kind, _, key = request.POST.get("match", "").partition(":")
        if any(match.kind == "article" for match in similar.like(request, draft)):
            # Counted when a button is pressed: looking at a page counts nothing.
            knowledge.offered(visitor(request), at=clock.now())
        if not kind:
            return see_other(onward)
        try:
            chosen = similar.choose(request, draft, kind, key)
        except Refused as why:
            chosen, problem = None, str(why)
        if chosen:
            return done(request, *chosen)
    matches = similar.like(request, draft)
    if not matches:
        return see_other(onward)
    context = {"matches": matches, "back_url": url_of("details"), "key": shown_key(request), "problem": problem}
    return render(request, "pages/filing/similar.html", context)


@filing_door("GET", "POST")
def add_files(request: HttpRequest) -> HttpResponse:
    """Files, as many as wanted up to the limit; one that is refused is named and costs the others nothing."""
    draft, way = current(request), way_of(request)
    if draft is None:
        return see_other("/cases/new/")
    if way.number(FILES) > way.rank(draft.step) + 1:
        return see_other(url_of(way.goes_on(draft.step)))
    if request.method != "POST":
        return _show(request, draft, way, [])
    if gone := request.POST.get("remove", ""):
        files.drop(draft.files_key, _uuid(gone))
        keep(request, {})
        return see_other(url_of(FILES))
    wrong = _take(request, draft)
    if wrong:
        return _show(request, draft, way, wrong)
    draft = keep(request, {}, step=FILES)
    if request.POST.get("later"):
        return see_other("/cases/new/later/")
    more = request.POST.get("more")
    return see_other(url_of(FILES if more else way.after(FILES, draft.step)))


def _take(request: HttpRequest, draft: Draft) -> list[str]:
    """Keeps what can be kept; the sentences for the rest."""
    wrong, at, by = [], clock.now(), person_of(request)
    for number, sent in enumerate(request.FILES.getlist("files")):
        try:
            if number >= LOOKED_AT_MOST:
                raise Unfit(no("many", sent.name or "", most=files.FILES_MOST), is_full=True)
            count_guest(request, sent.name or "", at=at)
            checked = files.check(sent.name or "", cast(BinaryIO, sent))
            files.keep(checked, draft=draft.files_key, by=by, at=at, lasts=LASTS)
        except Unfit as why:
            wrong.append(str(why))
            if why.is_full:
                break
    return wrong


def _uuid(text: str) -> UUID:
    """The id of a file as posted; one that is none names no file."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _show(request: HttpRequest, draft: Draft, way: Way, wrong: list[str]) -> HttpResponse:
    waiting = list(files.waiting(draft.files_key))
    context = {
        "files": [{"pk": row.pk, "name": row.name, "size": filesizeformat(row.size)} for row in waiting],
        "wrong": wrong,
        "full": len(waiting) >= files.FILES_MOST,
        "most": files.FILES_MOST,
        "megabytes": files.SIZE_MOST // (1024 * 1024),
        "accept": ",".join(f".{ending}" for ending in files.ENDINGS),
        "number": way.number(FILES),
        "total": len(way.steps),
        "back_url": url_of(CHECK if way.is_through(draft.step) else "details"),
        "draft": draft,
    }
    return render(request, "pages/filing/files.html", context)
