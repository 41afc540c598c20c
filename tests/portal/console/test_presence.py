"""Who is at a case: said by a page every half minute, shown to colleagues who may see it, kept for a day."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from cases import presence
from cases.models import Category, Event, Presence, StaffAct
from portal.keeping.retention import clear
from tests.portal.console import stories
from tests.portal.console.stories import act_url, minutes, page_url


def speak(client, case, kind="viewing"):
    return client.post(f"/console/presence/{case.pk}/", {"kind": kind})


def here(client, case):
    return client.get(page_url(case)).context["here"]


def test_it_says_who_else_views_or_writes_and_since_when(signed_in, cast, monday, go):
    case = stories.acknowledged(cast)
    tom, dana = signed_in(cast.tiers[1]), signed_in(cast.supervisor)
    assert here(dana, case) == ""
    assert speak(tom, case).json() == {"words": ""}
    assert here(dana, case) == "Tom Reed is viewing since 10:30."
    assert here(tom, case) == ""  # nobody is told of themselves
    go(minutes(31))
    assert speak(dana, case, "writing").json() == {"words": "Tom Reed is viewing since 10:30."}
    assert speak(tom, case).json() == {"words": "Dana Voss is writing since 10:31."}
    assert dana.get(act_url(case, "note")).context["here"] == "Tom Reed is viewing since 10:30."
    page = tom.get(act_url(case, "update")).content.decode()
    assert "Dana Voss is writing since 10:31." in page and f'data-presence="/console/presence/{case.pk}/"' in page
    go(minutes(31) + presence.LASTS + timedelta(seconds=1))
    assert here(dana, case) == ""
    # Back after a while is there since then.
    speak(tom, case)
    assert here(dana, case) == "Tom Reed is viewing since 10:32."
    assert Presence.objects.filter(case=case, person=cast.tiers[1]).count() == 1


def test_looking_writes_nothing_and_speaking_is_in_no_log(signed_in, cast, monday, everything):
    case, client = stories.acknowledged(cast), signed_in(cast.supervisor)
    before = everything()
    client.get(page_url(case))
    client.get(act_url(case, "note"))
    assert everything() == before
    logged = Event.objects.count(), StaffAct.objects.count()
    assert speak(client, case).status_code == 200
    assert (Event.objects.count(), StaffAct.objects.count()) == logged
    changed = {name for name, rows in everything().items() if rows != before[name]}
    assert changed == {"cases.Presence"}


def test_only_who_may_see_the_case_speaks_and_is_told(signed_in, cast, monday, settings, everything):
    case = stories.acknowledged(cast)
    mara, tom, sam, dana = (signed_in(one) for one in (cast.tiers[2], cast.tiers[1], cast.customer, cast.supervisor))
    settings.STAFF_SEE = "teams"
    before = everything()
    assert speak(mara, case).status_code == 404
    assert Client().post(f"/console/presence/{case.pk}/", {"kind": "viewing"}).status_code in (302, 404)
    assert speak(sam, case).status_code == 404
    assert speak(tom, case, "spying").status_code == 400
    assert tom.get(f"/console/presence/{case.pk}/").status_code == 405
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    before["cases.Category"] = everything()["cases.Category"]
    assert speak(dana, case).status_code == 404  # not opened yet
    assert everything() == before
    dana.post(f"/console/restricted/{case.pk}/")
    assert speak(dana, case).status_code == 200


def test_without_the_token_of_a_page_nobody_is_there(cast, monday):
    case, client = stories.acknowledged(cast), Client(enforce_csrf_checks=True)
    client.force_login(cast.tiers[1])
    assert speak(client, case).status_code == 403
    assert not Presence.objects.exists()


def test_it_is_no_sign_of_life(signed_in, cast, monday, monkeypatch):
    """Else a page left open would keep somebody signed in who has long gone home."""
    case, client = stories.acknowledged(cast), signed_in(cast.supervisor)
    client.get("/console/")
    first = client.cookies[settings.IDLE_COOKIE_NAME].value
    later = time.time() + settings.STAFF_IDLE_MINUTES * 30
    monkeypatch.setattr(time, "time", lambda: later)
    assert speak(client, case).status_code == 200
    assert client.cookies[settings.IDLE_COOKIE_NAME].value == first


@pytest.mark.parametrize(("age", "left"), [(timedelta(hours=23), 1), (timedelta(hours=25), 0)])
def test_it_is_gone_after_a_day(cast, monday, age, left):
    case = stories.acknowledged(cast)
    presence.note(case, cast.tiers[1], "viewing", at=minutes(30))
    clear(minutes(30) + age)
    assert Presence.objects.count() == left
