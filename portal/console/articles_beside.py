"""Articles beside a case in the console: which may help, which were used, and what its customer had tried."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from cases.access import Viewer
from cases.models import Case
from cases.replies import ENGLISH
from escalation.turn import Turn
from feedback import knowledge
from feedback.articles import WRITE
from feedback.models import Article, ArticleRevision, ArticleTried, ArticleUse
from portal.console.protocol_editing import see_other


def panel(case: Case, turn: Turn, user: Any) -> dict[str, Any]:
    """What the panel takes; the same few questions whatever there is."""
    used = {row.article_id: row for row in ArticleUse.everything.filter(case=case).select_related("by")}
    tried = list(ArticleTried.everything.filter(case=case).order_by("at", "pk").values_list("article", flat=True))
    lineage = turn.rules.protocol.lineage(case.category.slug)
    near = knowledge.beside(case, lineage=lineage)
    names = titles({*used, *tried})
    return {
        "articles": {
            "near": [{"one": one, "used": one.pk in used} for one in near],
            "tried": [names[pk] for pk in tried if pk in names],
            "used": [{"name": names[pk], "by": row.by, "at": row.at} for pk, row in used.items() if pk in names],
            "may_make": user.has_perm(WRITE) and case.resolved_at is not None,
        }
    }


def titles(articles: set[int]) -> dict[int, dict[str, Any]]:
    """What articles are called, and where they stand; archived ones too, for a case names them for good."""
    rows = ArticleRevision.objects.filter(article__in=articles, language=ENGLISH, is_current=True)
    return {row.article_id: {"pk": row.article_id, "title": row.title} for row in rows} if articles else {}


@require_POST
def use(request: HttpRequest, site: AdminSite, pk: int, case_id: int) -> HttpResponse:
    """'Used this': counted once for the case."""
    frame = site.each_context(request)
    case = get_object_or_404(Case.objects.visible_to(Viewer(request.user)), pk=min(case_id, 2**62))
    article = get_object_or_404(Article.objects.exclude(published_at=None), pk=min(pk, 2**62))
    knowledge.use(case, article.pk, by=request.user, at=frame["now"])
    messages.success(request, "Noted: this article was used for the case.")
    return see_other(reverse("admin:cases_case_change", args=[case.pk]) + "#articles")
