"""Every customer page in every state worth looking at, on one set of rows, with who looks: what the picture tests walk through.

A page of the URL configuration that no entry shows fails `test_the_gallery_shows_every_page`.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client

from cases.lifecycle import State
from cases.models import AccessLink, Case, Draft, Organisation, Participant, User
from cases.models.door import hash_token
from escalation import sharing, verbs, wishes
from feedback import alternatives, post_mortem_acts
from feedback.models import Interim
from feedback.problem_letters import CONFIRM, LEAVE, token_of
from portal import beat, clock
from tests.cast import Cast, gather
from tests.feedback.article_shelf import REFUND, TWICE, published
from tests.portal import post_mortem_stories, problem_stories
from tests.portal.pages import scene
from tests.portal.recommend_stories import asked_to_recommend

S = State
#: The longest thing a customer might write where a word has no place to break.
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@dataclass(frozen=True)
class Look:
    """One page in one state: what to call it, its address (with names of `World.names`), and who looks."""

    name: str
    path: str
    who: str = "customer"  # signed in a moment ago; or "nobody", or "filer": a guest who has answered all
    post: dict[str, str] | None = None  # sent from the page's own form before looking
    error: bool = False  # what was sent is refused, and the page says so


@dataclass
class World:
    """The rows behind the addresses."""

    cast: Cast
    names: dict[str, str] = field(default_factory=dict)

    def path(self, look: Look) -> str:
        return look.path.format(**self.names)

    def cookies(self, who: str, base: str, language: str = "en") -> list[dict[str, Any]]:
        """What the browser of `who` holds; the ways there have stories of their own.

        The language is the one chosen in the footer: that of the account would win over what the browser asks for.
        """
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        if who == "customer":
            client.force_login(self.cast.customer)
            session = client.session
            session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
            session["account_authentication_methods_user"] = session["_auth_user_id"]
            session.save()
        elif who == "filer":
            for step, said in ANSWERS.items():
                client.post(f"/cases/new/{step}/", said)
        return [{"name": name, "value": one.value, "url": base} for name, one in client.cookies.items()]


#: States whose case page looks different, by the name they have in addresses.
STATES = {
    "new": S.NEW, "working": S.WORKING, "passed": S.PASSED, "asked": S.WAITING_CUSTOMER, "partner": S.WAITING_PARTNER,
    "answered": S.ANSWERED, "confirmed": S.CONFIRMED, "closed": S.CLOSED, "withdrawn": S.WITHDRAWN,
    "merged": S.MERGED, "reopened": S.REOPENED,
}  # fmt: skip


#: What the filer answers.
ANSWERS = {
    "topic": {"category": "billing"},
    "impact": {"impact": "loss", "reach": "team"},
    "details": {"title": "When does my refund arrive?", "description": "Two payments.", "expectation": "One back."},
    "similar": {"match": ""},
    "files": {},
    "contact": {"name": "Nora Guest", "email": "nora@example.net", "phone": "", "call_hours": "", "language": "en-gb"},
}


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
    partner = Case.objects.get(pk=made["partner"].pk)
    Interim.objects.create(case=partner, milestone=2, owed_at=clock.now(), asked_at=clock.now())
    found.names["interim"] = AccessLink.issue("interim", partner, user=cast.customer, **lasts)
    found.names["recommend"] = asked_to_recommend(cast.customer)
    verbs.ask_supervisor(made["partner"].pk, reason="slow", text="Soon.", by=cast.customer, at=clock.now())
    for name in ("partner", "reopened"):
        case = Case.objects.get(pk=made[name].pk)
        row = post_mortem_acts.open_by_hand(case, "A look back.", by=cast.supervisor, at=clock.now())
        offer = post_mortem_stories.offered(cast, row, clock.now())
    alternatives.answer(case, "accepted", seen=offer.pk, by=cast.customer, at=clock.now())
    _answers(cast, found.names)
    _company(cast, made["working"], found.names)
    beat.beat()
    return found


def _answers(cast: Cast, names: dict[str, str]) -> None:
    """Articles, a known problem somebody follows, a draft on its way by mail, and the way out of letters."""
    names["article"] = published(cast, REFUND, topic="billing").slug
    published(cast, TWICE, topic="billing")
    problem, follower = problem_stories.followed(cast)
    problem_stories.said(cast, problem)
    names["problem"] = problem.slug
    names |= {purpose: token_of(follower, purpose) for purpose in (CONFIRM, LEAVE)}
    names["out"] = wishes.link_token(User.objects.get(pk=cast.customer.pk), wishes.BY_NAME["news"])
    names["draft"], at = secrets.token_urlsafe(32), clock.now()
    Draft.objects.create(
        link_hash=hash_token(f"draft_link:{names['draft']}"),
        made_at=at, saved_at=at, expires_at=at + timedelta(days=14),
    )  # fmt: skip


def _company(cast: Cast, case: Case, names: dict[str, str]) -> None:
    """Somebody who was added to a case and has come, somebody who was asked, and a colleague's case."""
    company = Organisation.objects.create(name="Nordwind Ltd")
    User.objects.filter(pk__in=(cast.customer.pk, cast.other.pk)).update(organisation=company)
    cast.file(by=User.objects.get(pk=cast.other.pk), title="The invoice names our old address")
    for name, joined in (("hal.helper", clock.now()), ("a.rather.long.address.of.somebody", None)):
        address = f"{name}@subdomain.example.com"
        row = Participant.objects.create(
            case=case, user=User.objects.of_address(address), address=address, asked_at=clock.now(), joined_at=joined
        )
    names["share"] = sharing.token_of(row)


def looks() -> list[Look]:
    """All of them; the order is that of the address list."""
    return [
        Look("home", "/"),
        Look("home, nobody", "/", "nobody"),
        Look("my cases", "/cases/"),
        Look("my cases, none found", "/cases/?q=zebra"),
        Look("help", "/help/"),
        Look("help, found", "/help/?q=refund", "nobody"),
        Look("help, nothing found", "/help/?q=zebra", "nobody"),
        Look("article", "/help/{article}/", "nobody"),
        Look("file, topic", "/cases/new/topic/", "nobody"),
        Look("file, nothing chosen", "/cases/new/topic/", "nobody", post={}, error=True),
        Look("file, on one page", "/cases/new/one-page/", "nobody"),
        Look("file, go on?", "/cases/new/", "filer"),
        Look("file, impact", "/cases/new/impact/", "filer"),
        Look("file, details", "/cases/new/details/", "filer"),
        Look(
            "file, nothing written", "/cases/new/details/", "filer", post={"title": "", "description": ""}, error=True
        ),
        Look("file, a card number", "/cases/new/details/", "filer", post={"description": "4111 1111 1111 1111"}),
        Look("file, similar", "/cases/new/similar/", "filer"),
        Look("file, files", "/cases/new/files/", "filer"),
        Look("file, contact", "/cases/new/contact/", "filer"),
        Look("file, last look", "/cases/new/check/", "filer"),
        Look("file, later", "/cases/new/later/", "filer"),
        Look("file, not an address", "/cases/new/contact/", "filer", post={"name": "", "email": "x"}, error=True),
        Look("file, mailed link", "/cases/new/continue/{draft}/", "nobody"),
        Look("confirmation", "/cases/new/sent/{new}/"),
        *(Look(f"case, {name}", f"/c/{{{name}}}/") for name in (*STATES, "late", "long")),
        Look("case, on paper", "/c/{working}/?print=1"),
        Look("why then", "/c/{working}/why/"),
        Look("who can see it", "/c/{working}/who/"),
        Look("who can see it, not an address", "/c/{working}/who/", post={"email": "x"}, error=True),
        Look("asked to join a case", "/share/{share}/", "nobody"),
        Look("my company", "/cases/?filter=company"),
        Look("ask for a supervisor", "/c/{working}/supervisor/"),
        Look("add for the supervisor", "/c/{partner}/supervisor/"),
        Look("it is fixed", "/c/{answered}/fixed/"),
        Look("our offer", "/c/{partner}/alternative/"),
        Look("our offer, nothing chosen", "/c/{partner}/alternative/", post={}, error=True),
        Look("our offer, accepted", "/c/{reopened}/alternative/"),
        Look("it is fixed, rate", "/c/{confirmed}/fixed/"),
        Look("it is not fixed", "/c/{answered}/not-fixed/"),
        Look("open it again", "/c/{confirmed}/reopen/"),
        Look("withdraw", "/c/{working}/withdraw/"),
        Look("not now", "/c/{closed}/withdraw/"),
        Look("message without a word", "/c/{working}/message/", post={"text": ""}, error=True),
        Look("follow", "/follow/", "nobody"),
        Look("follow, not a reference", "/follow/", "nobody", post={"reference": "x", "email": "not one"}, error=True),
        Look("follow, code", "/follow/", "nobody", post={"reference": "{working}", "email": "sam@example.com"}),
        Look("follow, mailed link", "/follow/{follow}/", "nobody"),
        Look("survey", "/s/{survey}/?score=4", "nobody"),
        Look("survey, nothing chosen", "/s/{survey}/", "nobody", post={}, error=True),
        Look("survey, ended", "/s/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/", "nobody"),
        Look("on the way", "/i/{interim}/?score=2", "nobody"),
        Look("on the way, nothing chosen", "/i/{interim}/", "nobody", post={}, error=True),
        Look("recommend", "/n/{recommend}/", "nobody"),
        Look("recommend, nothing chosen", "/n/{recommend}/", "nobody", post={}, error=True),
        Look("recommend, ended", "/n/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/", "nobody"),
        Look("account", "/account/"),
        Look("account, a name missing", "/account/", post={"name": ""}, error=True),
        Look("notifications", "/account/notifications/"),
        Look("signing in", "/account/signing-in/"),
        Look("second step", "/account/signing-in/second/"),
        Look("password", "/account/signing-in/password/"),
        Look("an app", "/account/signing-in/app/"),
        Look("passkeys", "/account/signing-in/passkeys/"),
        Look("another address", "/account/email/"),
        Look("show that it is you", "/account/confirm/"),
        Look("data", "/account/data/"),
        Look("erase", "/account/data/erase/"),
        Look("unsubscribe", "/unsubscribe/{out}/", "nobody"),
        Look("sign in", "/account/sign-in/", "nobody"),
        Look("sign in, code", "/account/sign-in/", "nobody", post={"email": "sam@example.com"}),
        Look("sign in, password", "/account/sign-in/password/", "nobody"),
        Look("improvements", "/improvements/", "nobody"),
        Look("problems", "/problems/", "nobody"),
        Look("problem", "/problems/{problem}/", "nobody"),
        Look("problem, follow?", "/problems/confirm/{confirm}/", "nobody"),
        Look("problem, leave?", "/problems/leave/{leave}/", "nobody"),
        Look("contact", "/contact/", "nobody"),
        Look("how we escalate", "/how-we-escalate/", "nobody"),
        Look("privacy", "/privacy/", "nobody"),
        Look("accessibility", "/accessibility/", "nobody"),
        Look("not found", "/nowhere/", "nobody"),
    ]
