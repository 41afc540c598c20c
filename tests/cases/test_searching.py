"""Searching cases: the same answers from PostgreSQL's stored columns and row by row elsewhere."""

import pytest
from django.db import connection

from cases.models import Case, Organisation, User
from cases.searching import holding, number_of, words_of
from escalation import verbs
from tests.cast import MONDAY, gather
from tests.portal.console import stories


@pytest.fixture
def shop(db):
    """Two cases of two people, with a company, a telephone number and a word of ours."""
    cast = gather()
    nordwind = Organisation.objects.create(name="Nordwind & Söhne")
    User.objects.filter(pk=cast.customer.pk).update(name="Samira Öztürk", phone="+44 20 7946 0958")
    cast.customer.refresh_from_db()
    cast.customer.organisation = nordwind
    cast.first = stories.acknowledged(cast, title="Charged twice for order-88213")
    Case.objects.filter(pk=cast.first.pk).update(organisation=nordwind)
    verbs.update(cast.first.pk, text="The bank in Århus has confirmed it.", by=cast.tiers[1], at=stories.minutes(9))
    cast.second = cast.file(title="فاتورة خاطئة", by=cast.other, at=MONDAY)
    Case.objects.filter(pk=cast.second.pk).update(call_phone="0151 / 230 11 77")
    return cast


@pytest.mark.parametrize(
    ("term", "finds"),
    [
        ("charged", "first"), ("CHARGED twice", "first"), ("charg", "first"), ("harged", ""),
        ("88213", "first"), ("order 88213", "first"), ("8821", "first"), ("two payments one", "both"),
        ("confirmed", "first"), ("århus", "first"), ("ÅRHUS", "first"),
        ("samira", "first"), ("öztürk", "first"), ("Öztürk charged confirmed", "first"), ("sam@example.com", "first"),
        ("olga", "second"), ("olga charged", ""), ("nordwind", "first"), ("söhne nordwind", "first"),
        ("فاتورة", "second"), ("money back", "both"),
        ("020 7946 0958", "first"), ("+44 20 79460958", "first"), ("(020) 7946-0958", "first"), ("7946 0958", "first"),
        ("0151 2301177", "second"), ("+49 151 2301177", "second"), ("2301178", ""),
        ("", ""), ("!", ""), ("%", ""), ("' OR 1=1 --", ""), ("a:* | b", ""), ("charged & (", "first"), ("\\", ""),
        ("[", ""), ("_", ""),
    ],
)  # fmt: skip
def test_what_is_found(shop, term, finds):
    expected = {
        "first": {shop.first.pk},
        "second": {shop.second.pk},
        "both": {shop.first.pk, shop.second.pk},
        "": set(),
    }
    assert set(Case.objects.filter(holding(term)).values_list("pk", flat=True)) == expected[finds]


def test_words_and_numbers_that_are_looked_for():
    assert words_of("order-88213, please!") == ["order", "88213", "please"]
    assert len(words_of("a b c d e f g h i j k")) == 8
    assert number_of("+44 20 7946 0958") == "079460958"
    assert number_of("020-79460958") == "079460958"
    assert number_of("88213") == number_of("order 2079460958") == number_of("") == ""


def test_what_is_erased_is_not_found_any_more(shop):
    Case.objects.filter(pk=shop.first.pk).update(title="(erased)")
    assert not Case.objects.filter(holding("charged")).exists()
    assert Case.objects.filter(holding("erased")).exists()


@pytest.mark.postgres
def test_the_indexes_are_there_and_words_are_kept_with_the_rows(shop):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%gin (search)' ORDER BY 1")
        found = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT search::text FROM cases_case WHERE id = %s", [shop.first.pk])
        kept = cursor.fetchone()[0]
    for table in ("cases_case", "cases_message", "cases_organisation", "cases_user"):
        assert f"{table}_search" in found
    assert "'88213'" in kept and "'charged'" in kept
