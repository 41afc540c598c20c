"""Who looks at the figures, of which days, and what is read off their answers."""

import csv
import io
import re
from html import unescape

from django.test import Client

DATES = {"period": "custom", "from": "2026-01-12", "to": "2026-02-01"}
MARCH = {"period": "custom", "from": "2026-03-02", "to": "2026-03-29"}
ROLES = ("anonymous", "customer", "agent", "supervisor", "manager")
LINK = re.compile(r'<a(?: class="[^"]*")? href="(/insights/cases/\?[^"]+)">([^<]+)</a>')


def browsers_of(cast) -> dict[str, Client]:
    """A browser for each role, signed in."""
    people = {"customer": cast.customer, "agent": cast.tiers[1], "supervisor": cast.supervisor, "manager": cast.manager}
    made = {role: Client() for role in ROLES}
    for role, person in people.items():
        made[role].force_login(person)
    return made


def text(page) -> str:
    """The page's words, without its marks."""
    bare = re.sub(r"<(title|desc)[^>]*>.*?</\1>", " ", page.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def rows_of(answer) -> list[dict[str, str]]:
    """A CSV file's rows."""
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def links_of(page) -> list[tuple[str, str]]:
    """(address, words) of every number that leads to its cases."""
    return [(unescape(url), words) for url, words in LINK.findall(page.content.decode())]
