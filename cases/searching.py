"""Searching cases: by words of what was said and of who said it, and by telephone number.

A case fits when each word begins a word of its title, its text, a message, its customer's name or address, or their
company. PostgreSQL answers from stored columns (`cases.search_index`); other databases read row by row, by the same rule.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from cases.models import Message
from cases.search_index import SIGNS, digits_backwards

WORDS_MOST = 8  # more words than this narrow nothing down
PHONE_LEAST = 6  # fewer digits are an order's number, not a telephone's
PHONE_MOST = 9  # the last digits are compared: before them stands what one dials from elsewhere
WORD = re.compile(r"[^\W_]+")
PHONE = re.compile(r"[\d\s()+./-]+")
#: Which cases a word is in, each part by an index of its own.
HOLDING = """
    WITH wanted AS (SELECT to_tsquery('simple', %s) AS q)
    SELECT id FROM cases_case WHERE search @@ (SELECT q FROM wanted)
    UNION SELECT case_id FROM cases_message WHERE search @@ (SELECT q FROM wanted)
    UNION SELECT id FROM cases_case WHERE customer_id IN
        (SELECT id FROM cases_user WHERE search @@ (SELECT q FROM wanted))
    UNION SELECT id FROM cases_case WHERE organisation_id IN
        (SELECT id FROM cases_organisation WHERE search @@ (SELECT q FROM wanted))
"""
CALLED = f"""
    SELECT id FROM cases_case WHERE call_phone <> '' AND {digits_backwards("call_phone")} LIKE %s
    UNION SELECT id FROM cases_case WHERE customer_id IN
        (SELECT id FROM cases_user WHERE phone <> '' AND {digits_backwards("phone")} LIKE %s)
"""  # nosec B608 -- fixed text, the digits are parameters
IN_TEXT = ("title", "description", "expectation", "customer__name", "customer__email", "organisation__name")


def words_of(term: str) -> list[str]:
    """The words that are looked for, WORDS_MOST at most."""
    return WORD.findall(re.sub(SIGNS, " ", term))[:WORDS_MOST]


def number_of(term: str) -> str:
    """The last digits of a telephone number, without what stands for country or trunk line; "" where it is none."""
    digits = re.sub(r"\D", "", term) if PHONE.fullmatch(term.strip()) else ""
    digits = digits.lstrip("0")
    return digits[-PHONE_MOST:] if len(digits) >= PHONE_LEAST else ""


def holding(term: str) -> Q:
    """Cases that fit `term`, as a condition on Case; none where nothing in it can be looked for."""
    words, number = words_of(term), number_of(term)
    found = Q(pk__in=()) if not words else Q()
    for word in words:
        found &= _with_word(word)
    return found | _with_number(number) if number else found


def _with_word(word: str) -> Q:
    if connection.vendor != "postgresql":
        begins = rf"(?<![^\W_]){word}"
        said: Any = Message.objects.filter(text__iregex=begins).values("case")
        found = Q(pk__in=said)
        for field in IN_TEXT:
            found |= Q(**{f"{field}__iregex": begins})
        return found
    # As it was typed and in both cases: a database that knows only ASCII letters does not bring Ä and ä together.
    spelt = " | ".join(f"{one}:*" for one in dict.fromkeys((word, word.lower(), word.capitalize(), word.upper())))
    return Q(pk__in=RawSQL(HOLDING, [spelt]))  # nosec B611 -- fixed text, the words are parameters


def _with_number(digits: str) -> Q:
    if connection.vendor != "postgresql":
        ends = r"\D*".join(digits) + r"\D*$"
        return Q(call_phone__regex=ends) | Q(customer__phone__regex=ends)
    return Q(pk__in=RawSQL(CALLED, [f"{digits[::-1]}%"] * 2))  # nosec B611 -- fixed text, the digits are parameters
