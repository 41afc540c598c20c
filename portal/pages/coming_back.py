"""It came back: the settled case is opened again or, after the time for that, goes on in a linked one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.models import Case
from escalation import sharing, verbs
from escalation.book import NoProtocol
from escalation.facts import Clock
from escalation.outlook import would_promise
from escalation.protocol import MissingCell
from escalation.verbs import Refused, outlook, reopen_over
from portal import clock, forms, ratelimit
from portal.pages.acts import not_now
from portal.pages.case import base_url, head, may, opened
from portal.pages.doors import done, door, form_key, posted, shown_key
from portal.viewer import actor_for, guest_case, let_in


@door("GET", "POST")
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """What happened? One page for both: what is typed is never refused because a day has passed."""
    case, now = opened(request, reference), clock.now()
    over = reopen_over(case, now)
    form = forms.Reopen(posted(request))
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"case {case.pk}", at=now)
        if not form.take(request, by=actor_for(request, case), at=now) and form.is_valid():
            said = {"text": form.cleaned_data["text"], "form_key": form_key(request), "files": form.enclosed()}
            try:
                after = verbs.come_back(case.pk, by=actor_for(request, case), at=now, **said)
            except (Refused, MissingCell) as why:
                form.add_error(None, str(why))
            else:
                return _on(request, case, after)
    elif sentence := may(request, case, "reopen"):
        return not_now(request, case, _("Open it again"), sentence)
    context: dict[str, Any] = {"case": head(case), "form": form, "key": shown_key(request)}
    context["handler_name"] = case.owner.first_name if case.owner else ""
    if over:
        context |= {"reply_by": _first_word(case), "shared": any(row.joined_at for row in sharing.people_of(case))}
        return render(request, "pages/come_back.html", context)
    return render(request, "pages/reopen.html", context | {"reply_by": would_promise(case, Clock.REPLY, at=now)})


def _first_word(case: Case) -> Any:
    """By when a case like this one first hears from us if it is filed now; None where the protocol does not say."""
    try:
        known = case.customer if case.is_proven else None
        said = outlook(case.category, case.impact, at=clock.now(), customer=known, product=case.product)
    except (NoProtocol, MissingCell):
        return None
    return said.first_word_by


def _on(request: HttpRequest, case: Case, after: Case) -> HttpResponse:
    """To the case that is open now; a guest is let in to the linked one in place of the old one."""
    if after.pk == case.pk:
        return done(request, base_url(case), _("Your case is open again. You see below when you hear from us."))
    if guest_case(request) == case.pk:
        let_in(request, after, at=clock.now(), proved=after.is_proven)
    return done(request, base_url(after), _("We go on with it here. You see below when you hear from us."))
