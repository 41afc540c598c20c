"""R030: every queue is in the order of the next promise to break, then severity, then age: as an independent sort has it."""

import random
from datetime import timedelta

import pytest

from cases.models import Case
from escalation.models import Promise
from portal.console import queries
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.many import STILL, many, ours, sorted_by_hand

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
        if group["title"] != "Late":
            assert [case.pk for case in cases] == [case.pk for case in sorted_by_hand(cases)]
    assert seen > 50


def test_who_is_late_the_longest_stands_first_and_only_the_least_late_are_cut(signed_in, cast, monday):
    many(cast, 900, spread=timedelta(hours=4))
    now, broken = MONDAY + timedelta(minutes=30), {}
    for promise in Promise.objects.filter(status="broken"):
        broken[promise.case_id] = promise.due_at
    since = {}
    for case in Case.objects.exclude(state__in=STILL):
        times = [at for at in (broken.get(case.pk), case.promise_at) if at is not None and at <= now]
        if times:
            since[case.pk] = (min(times), case.severity, case.pk)
    late = signed_in(cast.supervisor).get("/console/").context["groups"][0]
    assert (late["title"], late["count"]) == ("Late", len(since))
    assert len(since) > 100
    # Some broke a promise and were given a later time: they are not behind those whose time has just passed.
    assert any(pk in broken and ours(Case.objects.get(pk=pk)) > now for pk in since)
    assert [row["case"].pk for row in late["rows"]] == sorted(since, key=since.__getitem__)[: queries.MOST]


def test_what_has_our_answer_stands_behind_all_we_owe_and_is_no_deadline_of_ours(signed_in, cast, monday):
    answered, owed = stories.answered(cast), stories.acknowledged(cast, title="Owed much later")
    later = answered.promise_at + timedelta(days=30)
    Case.objects.filter(pk=owed.pk).update(promise_at=later, wake_at=later)
    client = signed_in(cast.supervisor)
    assert [case.pk for case in client.get(URL).context["cl"].result_list] == [owed.pk, answered.pk]
    assert client.get("/console/?who=all").context["upcoming"] == owed
    assert [case.pk for case in client.get(f"{URL}?due=later").context["cl"].result_list] == [owed.pk]
    assert [case.pk for case in client.get(f"{URL}?due=none").context["cl"].result_list] == [answered.pk]


def test_a_case_of_the_first_page_is_never_less_pressing_than_one_behind_it(signed_in, cast, monday):
    many(cast, 200, seed=random.Random(3).randint(0, 99))
    rows = signed_in(cast.supervisor).get(URL).context["cl"].result_list
    others = Case.objects.exclude(pk__in=[case.pk for case in rows]).exclude(state__in=STILL)
    assert max(ours(case) for case in rows) <= min(ours(case) for case in others)
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
