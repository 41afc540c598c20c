"""Keys for programs: what one opens and what not, when it ends, who makes and takes back one, and that it is kept by nobody."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from cases.models import StaffAct, Tally, User
from escalation.verbs import Refused
from feedback import figure_tokens
from feedback.models import FigureToken
from portal import clock, ratelimit
from tests.portal.insights.scene import DATES

pytestmark = pytest.mark.django_db
VIEWS, API, FACTS = "/insights/views/", "/api/v1/figures/", "/api/v1/facts/clocks.csv"


def ask(token: str, place: str = API, method: str = "get", **filters: str):
    """As a program asks: no cookie, one header."""
    return getattr(Client(), method)(place, DATES | filters, headers={"authorization": f"Bearer {token}"})


def made(client, name: str = "Nightly sheet", days: str = "30") -> str:
    page = client.post(VIEWS, {"token_name": name, "days": days})
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    return page.context["new_key"]


def test_a_key_reads_what_its_owner_reads_and_nothing_else(manager, story):
    token = made(manager)
    row = FigureToken.objects.get()
    assert token not in {str(value) for value in vars(row).values()} and row.token_hash != token and len(token) > 50
    assert token not in manager.get(VIEWS).content.decode() and "Nightly sheet" in manager.get(VIEWS).content.decode()
    assert ask(token).json() | {"counted_to": ""} == manager.get(API, DATES).json() | {"counted_to": ""}
    assert ask(token, topic="none").status_code == 400
    assert b"".join(ask(token, FACTS).streaming_content) == b"".join(manager.get(FACTS, DATES).streaming_content)
    assert FigureToken.objects.get().used_at is not None
    assert {ask(token, method=one).status_code for one in ("post", "put", "patch", "delete")} == {405}
    # No page knows it, in the address or in the header.
    for place in ("/insights/", "/insights/all.csv", VIEWS, "/console/", "/account/"):
        assert ask(token, place).status_code in (302, 303, 404), place
    assert Client().get(API, DATES | {"token": token}).status_code == 403
    assert {Client().get(API, headers={"authorization": said}).status_code for said in ("Bearer", f"Basic {token}", f"Token {token}")} == {403}  # fmt: skip
    assert StaffAct.objects.filter(kind="api_key_made", actor=story.cast.manager).count() == 1
    # Bound to teams like their pages.
    who = User.objects.get(pk=story.cast.manager.pk)
    who.figures_by_team = True
    who.save(update_fields=["figures_by_team"])
    assert ask(token).json()["everybodys"] is None and ask(token).json()["figures"][0]["n"] == 0


@pytest.mark.parametrize("ends", ["time", "taken back", "password", "everywhere", "leaves", "role", "no staff"])
def test_a_key_ends(ends, manager, story):
    token, who = made(manager), User.objects.get(pk=story.cast.manager.pk)
    assert ask(token).status_code == 200
    if ends == "time":
        FigureToken.objects.update(made_at=clock.now() - timedelta(days=30), expires_at=clock.now())
    elif ends == "taken back":
        assert manager.post(VIEWS, {"token": FigureToken.objects.get().pk}).status_code == 303
        assert StaffAct.objects.filter(kind="api_key_revoked").count() == 1
    elif ends == "password":
        who.set_password("Another long one 7")
        who.save(update_fields=["password"])
    elif ends == "everywhere":
        type(who).objects.filter(pk=who.pk).update(session_salt="another")
    elif ends == "role":
        who.groups.set([Group.objects.get(name="Agents")])
    else:
        setattr(who, "is_active" if ends == "leaves" else "is_staff", False)
        who.save(update_fields=["is_active", "is_staff"])
    answer = ask(token)
    assert answer.status_code == 403 and "not known" in answer.json()["detail"]


def test_names_numbers_and_wrong_tries(manager, supervisor, story):
    made(manager)
    for wrong in ({"token_name": "", "days": "30"}, {"token_name": "nightly SHEET", "days": "30"}, {"token_name": "x" * 41, "days": "30"}, {"token_name": "Long", "days": "9999"}):  # fmt: skip
        page = manager.post(VIEWS, wrong)
        assert (
            page.status_code == 422
            and page.context["new_key"] == ""
            and page.context["key_name"] == wrong["token_name"]
        )
        field, said = ("days" if wrong["days"] == "9999" else "token_name"), page.content.decode()
        assert (
            f'<a href="#{field}">' in said and f'id="{field}"' in said and f'aria-describedby="{field}-error"' in said
        )
    kept = manager.post(VIEWS, {"token_name": "", "days": "365"}).content.decode()
    assert '<option value="365" selected>' in kept, "what was chosen is chosen still"
    for n in range(figure_tokens.MOST - 1):
        made(manager, f"Key {n}")
    assert manager.post(VIEWS, {"token_name": "One more", "days": "30"}).status_code == 422
    # What is over makes room; a colleague's is not there.
    FigureToken.objects.filter(name="Key 0").update(made_at=clock.now() - timedelta(days=31), expires_at=clock.now())
    made(manager, "One more")
    mine = FigureToken.objects.filter(owner=story.cast.manager).order_by("pk")[0]
    assert supervisor.post(VIEWS, {"token": mine.pk}).status_code == 422
    with pytest.raises(Refused):
        figure_tokens.revoke(mine.pk, by=story.cast.supervisor)
    assert manager.post(VIEWS, {"token": "x"}).status_code == 422 and FigureToken.objects.count() == figure_tokens.MOST
    # Tries are counted: of wrong keys by where they come from, of a right one by the key.
    before = Tally.objects.count()
    assert ask("milepost_guess").status_code == 403 and Tally.objects.count() == before + 1
    Tally.objects.update(count=ratelimit.API_WRONG_KEY.most)
    refused = ask("milepost_guess")
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
