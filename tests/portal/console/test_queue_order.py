"""R030: every queue is in the order of the next promise to break, then severity, then age: as an independent sort has it."""

import random
from datetime import timedelta

import pytest

from cases.models import Case
from portal.console import queries
from tests.cast import MONDAY
from tests.portal.console.many import many, sorted_by_hand

URL = "/console/cases/case/"


def shown(client, query=""):
    """Every row of every page of the list, by number, in the order in which a reader meets them."""
    found, page = [], 1
    while True:
        rows = client.get(f"{URL}?p={page}{query}").context["cl"]
        found += [case.pk for case in rows.result_list]
        if page >= rows.paginator.num_pages:
            return found
        page += 1


@pytest.mark.parametrize("seed", [1, 2])
def test_the_list_of_1000_random_cases_is_in_the_order_of_an_independent_sort(signed_in, cast, monday, seed):
    many(cast, 1020, seed=seed)
    expected = [case.pk for case in sorted_by_hand(Case.objects.all())]
    assert shown(signed_in(cast.supervisor)) == expected
    part = [case.pk for case in sorted_by_hand(Case.objects.filter(severity=2))]
    assert shown(signed_in(cast.supervisor), "&severity=2") == part


def test_each_group_of_needs_me_now_is_in_that_order_too(signed_in, cast, monday):
    many(cast, 400, spread=timedelta(days=30))
    seen = 0
    for group in signed_in(cast.supervisor).get("/console/").context["groups"]:
        cases = [row["case"] for row in group["rows"]]
        seen += len(cases)
        assert [case.pk for case in cases] == [case.pk for case in sorted_by_hand(cases)]
    assert seen > 50


def test_a_case_of_the_first_page_is_never_less_pressing_than_one_behind_it(signed_in, cast, monday):
    many(cast, 200, seed=random.Random(3).randint(0, 99))
    rows = signed_in(cast.supervisor).get(URL).context["cl"].result_list
    others = Case.objects.exclude(pk__in=[case.pk for case in rows]).filter(promise_at__isnull=False)
    assert max(case.promise_at for case in rows) <= min(case.promise_at for case in others)
    assert queries.MOST >= len(rows) == 50 and MONDAY


@pytest.mark.parametrize(("count", "said"), [(1, "1 case"), (1000, "1,000 cases"), (1001, "More than 1,000 cases")])
def test_the_foot_counts_no_further_than_1000_and_says_so(signed_in, cast, monday, count, said):
    many(cast, count)
    page = signed_in(cast.supervisor).get(URL).content.decode()
    assert f">{said}<" in " ".join(page.split()).replace("> ", ">").replace(" <", "<")


@pytest.mark.parametrize(
    ("count", "page", "exists"), [(960, 20, True), (960, 21, False), (1120, 23, True), (1120, 24, False)]
)
def test_every_page_there_is_can_be_opened_and_none_behind_it(signed_in, cast, monday, count, page, exists):
    many(cast, count)
    answer = signed_in(cast.supervisor).get(f"{URL}?p={page}")
    assert (answer.status_code == 200) == exists
    if exists:
        rows = answer.context["cl"]
        assert len(rows.result_list) == count - 50 * (page - 1)
        assert rows.paginator.num_pages == page
