"""Whose draft a request holds, and how what was typed gets into it: a person's own, or the one of this browser's cookie."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from cases import files
from cases.models import Draft, User
from cases.models.door import hash_token
from cases.models.draft import LASTS
from portal import clock, ratelimit
from portal.filing_steps import Way
from portal.pages.doors import door
from portal.viewer import zone_of

SALT = "milepost.draft"
NEW = "new_draft_secret"


def filing_door(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """As `door`; a draft that was begun or taken over here is handed to this browser with the answer."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @door(*methods)
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if secret := getattr(request, NEW, ""):
                response.set_signed_cookie(
                    settings.DRAFT_COOKIE_NAME,
                    secret,
                    salt=SALT,
                    max_age=LASTS,
                    secure=settings.SESSION_COOKIE_SECURE,
                    httponly=True,
                    samesite="Lax",
                )
            return response

        return inner

    return wrap


def person_of(request: HttpRequest) -> User | None:
    """Who is signed in, if anybody is."""
    return request.user if request.user.is_authenticated else None


def way_of(request: HttpRequest) -> Way:
    """The questions this reader answers."""
    return Way.of(known=request.user.is_authenticated)


def today(request: HttpRequest) -> date:
    """The reader's day."""
    return clock.now().astimezone(ZoneInfo(zone_of(request, settings.COMPANY_TIME_ZONE))).date()


def held(request: HttpRequest) -> Any:
    """Every draft this request may touch, sent ones included; newest first."""
    given = request.get_signed_cookie(settings.DRAFT_COOKIE_NAME, default="", salt=SALT, max_age=LASTS)
    return Draft.objects.held_by(person_of(request), getattr(request, NEW, "") or given or "")


def current(request: HttpRequest) -> Draft | None:
    """The draft that goes on here: the one saved last of those that are neither sent nor over."""
    return held(request).live(clock.now()).first()


def keep(request: HttpRequest, answers: Mapping[str, Any], *, step: str = "", whole: bool = False) -> Draft:
    """Adds answers to the draft that goes on, or begins one; who is signed in makes the browser's draft theirs.

    `step` is the question that has been answered with them; `whole`: and all before it.
    """
    at, person = clock.now(), person_of(request)
    with transaction.atomic():
        known = current(request)
        draft = Draft.objects.select_for_update().filter(pk=known.pk, case__isnull=True).first() if known else None
        if draft is None:
            ratelimit.count(ratelimit.CLIENT_DRAFT, f"from {ratelimit.client(request)}", at=at)
            draft = Draft(owner=person, made_at=at)
            if person is None:
                hand_to_browser(request, draft)
        elif person and draft.owner_id is None:
            draft.owner, draft.secret_hash = person, ""
        draft.answers = {**draft.answers, **answers}
        if step:
            draft.step = step if whole else way_of(request).further(step, draft.step)
        draft.saved_at, draft.expires_at = at, at + LASTS
        fields = ["owner", "secret_hash", "answers", "step", "saved_at", "expires_at"]
        files.prolong(draft.files_key, draft.expires_at)
        draft.save(**({"update_fields": fields} if draft.pk else {"force_insert": True}))
    return draft


def hand_to_browser(request: HttpRequest, draft: Draft) -> None:
    """A fresh secret for this browser alone; the caller saves the draft."""
    secret = secrets.token_urlsafe(32)
    draft.secret_hash = hash_token(secret)
    setattr(request, NEW, secret)


def throw_away(draft: Draft) -> None:
    """Nothing of it stays, its files neither."""
    files.drop(draft.files_key)
    draft.delete()
