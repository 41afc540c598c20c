"""An installation on its first day: with nobody in a team and no case, every page says what is so, and what to do."""

import html
import re

from cases.models import Team
from escalation.models import Heartbeat


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.content.decode())).split())


def test_pages_without_rows_say_what_to_do(signed_in, cast, monday):
    for team in cast.teams.values():
        team.members.clear()
    Team.objects.update(lead=None)
    Heartbeat.objects.all().delete()
    dana = signed_in(cast.supervisor)
    home = text_of(dana.get("/console/"))
    assert "The clock worker has never run." in home and "It runs with “manage.py serve”." in home
    listed = text_of(dana.get("/console/cases/case/"))
    assert "No case is open. Customers file them at" in listed
    assert "Nothing here that fits." in text_of(dana.get("/console/cases/case/?q=zebra"))
    cover = text_of(dana.get("/console/cover/"))
    assert "two people or more are always on duty" not in cover, "nobody is there at all"
    assert "where nobody is there stands above" in cover and "Nobody stands in a team yet." in cover
    assert "None yet. Open a week" in text_of(dana.get("/console/learning/meetings/"))
