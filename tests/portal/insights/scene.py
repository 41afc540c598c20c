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


def parts_of(answer) -> tuple[list[dict[str, str]], dict[str, str]]:
    """A CSV file's rows above its empty line, and what it says of itself below it."""
    read = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()))
    head, *lines = read
    end = lines.index([]) if [] in lines else len(lines)
    closing = lines[end + 1 :]
    assert all(len(row) == 3 and row[0] == "This file" for row in closing) and all(lines[:end])
    assert all(len(row) == len(head) for row in lines[:end])
    return [dict(zip(head, row, strict=True)) for row in lines[:end]], {label: said for _, label, said in closing}


def rows_of(answer) -> list[dict[str, str]]:
    """A CSV file's rows."""
    return parts_of(answer)[0]


def links_of(page) -> list[tuple[str, str]]:
    """(address, words) of every number that leads to its cases."""
    return [(unescape(url), words) for url, words in LINK.findall(page.content.decode())]
