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
from feedback import knowledge
from feedback.articles import WRITE
from feedback.models import Article
from portal.console.on_record import OnRecord
from portal.console.protocol_editing import see_other


def panel(record: OnRecord, user: Any) -> dict[str, Any]:
    """What the panel takes; what fits is looked for in three questions at most."""
    case = record.case
    used = {row.article_id: row for row in record["used"]}
    tried = [row.article_id for row in reversed(record["read"])]
    near = knowledge.beside(case, lineage=record.turn.rules.protocol.lineage(case.category.slug))
    # Archived ones too, for a case names them for good.
    names = {row.article_id: {"pk": row.article_id, "title": row.title} for row in record["texts"]}
    return {
        "articles": {
            "near": [{"one": one, "used": one.pk in used} for one in near],
            "tried": [names[pk] for pk in tried if pk in names],
            "used": [{"name": names[pk], "by": row.by, "at": row.at} for pk, row in used.items() if pk in names],
            "may_make": user.has_perm(WRITE) and case.resolved_at is not None,
        }
    }


@require_POST
def use(request: HttpRequest, site: AdminSite, pk: int, case_id: int) -> HttpResponse:
    """'Used this': counted once for the case."""
    frame = site.each_context(request)
    case = get_object_or_404(Case.objects.visible_to(Viewer(request.user)), pk=min(case_id, 2**62))
    article = get_object_or_404(Article.objects.exclude(published_at=None), pk=min(pk, 2**62))
    knowledge.use(case, article.pk, by=request.user, at=frame["now"])
    messages.success(request, "Noted: this article was used for the case.")
    return see_other(reverse("admin:cases_case_change", args=[case.pk]) + "#articles")
