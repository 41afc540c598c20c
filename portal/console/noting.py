"""Notes what staff did in the console: each sent form that led on is a line of the audit, with old and new where known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.forms import PasswordInput
from django.http import HttpRequest, HttpResponse

from cases import staff_acts
from cases.models import Case, SavedReply, Team, User
from escalation.models import CalendarVersion, Notice, ProtocolVersion
from feedback.models import Article, FollowUp, Improvement, KnownProblem, PostMortem, Theme, Training
from portal import clock, ratelimit

#: Of a person these are theirs: the audit says that they changed and keeps no copy.
PERSONAL = frozenset({"name", "email", "phone", "time_zone", "language", "organisation", "password"})
#: Addresses whose acts stand elsewhere (an event of the case), or nowhere on purpose (an answer without a name).
NOT_NOTED = frozenset(
    {"cases_case_act", "pulse", "pulse_later", "counts", "restricted", "audit_csv", "keys", "logout", "login"}
)
#: What an address names by its number, by how the address is called.
ABOUT: tuple[tuple[str, type[Model]], ...] = (
    ("article_", Article), ("article", Article), ("reply", SavedReply), ("problem", KnownProblem),
    ("cover_team", Team), ("cover_shift_add", Team), ("cover_swap_add", Team), ("cover_zone", Team),
    ("cover_leaver", User), ("protocol_", ProtocolVersion), ("escalation_protocolversion", ProtocolVersion),
    ("escalation_calendarversion", CalendarVersion), ("escalation_notice", Notice), ("case_problem", Case),
    ("theme", Theme), ("follow_up", FollowUp), ("training", Training), ("improvement", Improvement), ("post_mortem", PostMortem), ("case_post_mortem", Case), ("auth_user_password", User), ("cases_user", User),
)  # fmt: skip
#: Where the number is not that of the thing named above.
OTHER_NUMBER = frozenset({"escalation_protocolversion_choice"})


def note(request: HttpRequest, kind: str, thing: Any = None, changes: Iterable[dict[str, Any]] = ()) -> None:
    """One act of the person at the door, on `thing`: a person, a case, or anything with a name that is no person's."""
    given: dict[str, Any] = {"changes": changes, "address": ratelimit.client(request)}
    if isinstance(thing, User):
        given["person"] = thing
    elif isinstance(thing, Case):
        given["case"] = thing
    elif isinstance(thing, Notice | FollowUp):
        given["case"] = thing.case
    elif thing is not None:
        given["about"] = str(thing)
    staff_acts.record(kind, by=request.user, at=clock.now(), **given)  # type: ignore[arg-type]
    request.noted = True  # type: ignore[attr-defined]


def note_sent(request: HttpRequest, response: HttpResponse, *, since: datetime) -> None:
    """Notes a form that was sent and led on, unless the page has noted it itself or its act stands elsewhere.

    Beside the events that were written by it stands from where; `since` is when the form came in.
    """
    found = request.resolver_match
    kind = (found.url_name or "") if found else ""
    led_on = request.method == "POST" and response.status_code in (302, 303)
    if led_on and request.user.is_authenticated:
        staff_acts.place(request.user, since=since, address=ratelimit.client(request))
    if led_on and kind not in NOT_NOTED and not getattr(request, "noted", False) and request.user.is_authenticated:
        note(request, kind, thing_of(kind, found.kwargs if found else {}))


def thing_of(kind: str, named: dict[str, Any]) -> Any:
    """What an address is about, if it names a row."""
    if named.get("case_id"):
        return Case.objects.filter(pk=named["case_id"]).first()
    number = str(named.get("pk") or named.get("object_id") or named.get("id") or "")
    model = next((model for start, model in ABOUT if kind.startswith(start)), None)
    if model is None or kind in OTHER_NUMBER or not number.isdecimal() or len(number) > 18:
        return None
    return model._default_manager.filter(pk=int(number)).first()


def changes_of(form: Any) -> list[dict[str, Any]]:
    """Old and new of each field a form changed; of what is a person's own only that it changed."""
    about = getattr(form, "instance", None) or getattr(form, "user", None)  # a form that sets a password has a user
    personal = PERSONAL if isinstance(about, User) else frozenset()
    rows = []
    for name in form.changed_data:
        field = form.fields.get(name)  # what was changed about a password is no field of its form
        row: dict[str, Any] = {"field": str(field.label or name) if field else name.capitalize()}
        if field and name not in personal and not isinstance(field.widget, PasswordInput):
            row |= {"old": words(field, form.initial.get(name)), "new": words(field, form.cleaned_data.get(name))}
        rows.append(row)
    return rows


def words(field: Any, value: Any) -> Any:
    """A value as the audit keeps it: yes or no, a name, several names, people by their number alone."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value in (None, "") or (hasattr(value, "__len__") and not len(value)):
        return ""
    queryset = getattr(field, "queryset", None)
    if queryset is None:
        return str(value)
    several = list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    keys = [getattr(one, "pk", one) for one in several]
    if queryset.model is User:
        return {"people": sorted(int(key) for key in keys)}
    return ", ".join(sorted(str(one) for one in queryset.model._default_manager.filter(pk__in=keys)))
