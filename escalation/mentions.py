"""“@Tom Reed” in an internal note: who is meant, and whether they may be told of this case."""

from __future__ import annotations

import re

from cases.access import Viewer, workers
from cases.models import Case, User

#: An @ that begins a word: an address in the text names nobody.
AT = re.compile(r"(?<![\w.@])@(?=\w)")
WORD = re.compile(r"[\w.\-]*\w")
MOST = 10  # people told by one note


class Unmentionable(ValueError):
    """Somebody a note names cannot be told; the sentence says why, for who writes it."""


def mentioned(text: str, case: Case, *, by: User) -> tuple[User, ...]:
    """The colleagues a note names, each once, without its writer. Raises Unmentionable.

    After the @ stands a colleague's whole name, their first name, or what stands before the @ of their address; the
    longest that fits counts.
    """
    places = [found.end() for found in AT.finditer(text)]
    if not places:
        return ()
    staff = list(workers().order_by("pk"))
    found = dict.fromkeys(_meant(text[place:], staff) for place in places)
    people = tuple(one for one in found if one.pk != by.pk)
    if len(people) > MOST:
        raise Unmentionable(f"{len(people)} colleagues are named with @. {MOST} at most; tell the others another way.")
    for one in people:
        if not may_see(one, case):
            raise Unmentionable(f"{one} may not see this case, so they cannot be told of it. Leave the @ out.")
    return people


def may_see(person: User, case: Case) -> bool:
    """Whether the person may open the case at work; nobody is told of a drill."""
    return person.is_active and Case.objects.visible_to(Viewer(person)).filter(pk=case.pk).exists()


def _meant(rest: str, staff: list[User]) -> User:
    """Whom the words after an @ mean."""
    folded, word = rest.casefold(), WORD.match(rest)
    whole = [one for one in staff if one.name and _begins(folded, one.name.casefold())]
    longest = max((len(one.name) for one in whole), default=0)
    fitting = [one for one in whole if len(one.name) == longest]
    said = word[0] if word else ""
    if not fitting:
        short = said.casefold()
        fitting = [one for one in staff if short in (one.first_name.casefold(), one.email.partition("@")[0].casefold())]
    if not fitting:
        raise Unmentionable(
            f"Nobody who works on cases is called “@{said}”. Write their name as the console does, or leave the @ out."
        )
    if len(fitting) > 1:
        names = ", ".join(f"@{one.email.partition('@')[0]} ({one})" for one in fitting[:MOST])
        raise Unmentionable(f"“@{said}” could be several colleagues. Write one of: {names}.")
    return fitting[0]


def _begins(text: str, name: str) -> bool:
    """Whether the text begins with the whole name: @Tom Reed is not @Tom Reeder."""
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()
