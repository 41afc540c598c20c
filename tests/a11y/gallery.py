"""Every customer page in every state worth looking at, on one set of rows, with who looks: what the picture tests walk through.

A page of the URL configuration that no entry shows fails `test_the_gallery_shows_every_page`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client

from cases.lifecycle import State
from cases.models import AccessLink, Case
from portal import beat, clock
from tests.cast import Cast, gather
from tests.portal.pages import scene

S = State
#: The longest thing a customer might write where a word has no place to break.
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@dataclass(frozen=True)
class Look:
    """One page in one state: what to call it, its address (with names of `World.names`), and who looks."""

    name: str
    path: str
    who: str = "customer"  # or "nobody"
    post: dict[str, str] | None = None  # sent from the page's own form before looking: an error page


@dataclass
class World:
    """The rows behind the addresses."""

    cast: Cast
    names: dict[str, str] = field(default_factory=dict)

    def path(self, look: Look) -> str:
        return look.path.format(**self.names)

    def cookie(self, who: str, base: str) -> list[dict[str, Any]]:
        """What a browser holds when `who` is signed in; the way in has stories of its own."""
        if who == "nobody":
            return []
        client = Client()
        client.force_login(self.cast.customer)
        return [{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": base}]


#: States whose case page looks different, by the name they have in addresses.
STATES = {
    "new": S.NEW, "working": S.WORKING, "passed": S.PASSED, "asked": S.WAITING_CUSTOMER, "partner": S.WAITING_PARTNER,
    "answered": S.ANSWERED, "confirmed": S.CONFIRMED, "closed": S.CLOSED, "withdrawn": S.WITHDRAWN,
    "merged": S.MERGED, "reopened": S.REOPENED,
}  # fmt: skip


def world() -> World:
    """Cases in every state of one customer, and the mailed addresses that are alive."""
    cast = gather()
    made: dict[str, Case] = {name: scene.make(state, cast) for name, state in STATES.items()}
    made["late"] = scene.late(cast)
    made["long"] = cast.file(title=f"{LONG} {LONG}"[:120])
    found = World(cast, {name: case.reference for name, case in made.items()})
    lasts = {"at": clock.now(), "lasts": timedelta(days=1)}
    for name in ("follow", "survey"):
        case = Case.objects.get(pk=made["confirmed" if name == "survey" else "working"].pk)
        found.names[name] = AccessLink.issue(name, case, user=cast.customer, **lasts)
    beat.beat()
    return found


def looks() -> list[Look]:
    """All of them; the order is that of the address list."""
    return [
        Look("home", "/"),
        Look("home, nobody", "/", "nobody"),
        Look("my cases", "/cases/"),
        Look("my cases, none found", "/cases/?q=zebra"),
        Look("confirmation", "/cases/new/sent/{new}/"),
        *(Look(f"case, {name}", f"/c/{{{name}}}/") for name in (*STATES, "late", "long")),
        Look("case, on paper", "/c/{working}/?print=1"),
        Look("why then", "/c/{working}/why/"),
        Look("ask for a supervisor", "/c/{working}/supervisor/"),
        Look("it is fixed", "/c/{answered}/fixed/"),
        Look("it is fixed, rate", "/c/{confirmed}/fixed/"),
        Look("it is not fixed", "/c/{answered}/not-fixed/"),
        Look("open it again", "/c/{confirmed}/reopen/"),
        Look("withdraw", "/c/{working}/withdraw/"),
        Look("not now", "/c/{closed}/withdraw/"),
        Look("message without a word", "/c/{working}/message/", post={"text": ""}),
        Look("follow", "/follow/", "nobody"),
        Look("follow, not a reference", "/follow/", "nobody", post={"reference": "x", "email": "not one"}),
        Look("follow, code", "/follow/", "nobody", post={"reference": "{working}", "email": "sam@example.com"}),
        Look("follow, mailed link", "/follow/{follow}/", "nobody"),
        Look("survey", "/s/{survey}/?score=4", "nobody"),
        Look("survey, ended", "/s/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/", "nobody"),
        Look("account", "/account/"),
        Look("sign in", "/account/sign-in/", "nobody"),
        Look("contact", "/contact/", "nobody"),
        Look("how we escalate", "/how-we-escalate/", "nobody"),
        Look("privacy", "/privacy/", "nobody"),
        Look("accessibility", "/accessibility/", "nobody"),
        Look("not found", "/nowhere/", "nobody"),
    ]
