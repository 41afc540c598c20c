"""Rows of many tables in one question: they equal what each query alone gives, type by type."""

from datetime import timedelta

import pytest
from django.db.models import DEFERRED

from cases.models import Case, Event, Message, Note, Resolution, Task, Team, User
from cases.together import attach, together
from escalation.models import Notice, Promise, StageClock
from tests.cast import MONDAY, gather
from tests.portal.console import stories

pytestmark = pytest.mark.django_db
MODELS = (Message, Note, Resolution, Event, Task, StageClock, Promise, Notice)


def stored(row):
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}


def whole():
    """A case with a bit of everything: decimals, instants, JSON, booleans and ids of both kinds."""
    cast = gather()
    case = stories.answered(cast)
    stories.planned(cast, title="Ünïcode “and” quotes")
    return case


def test_every_row_equals_the_one_its_own_query_gives(django_assert_num_queries):
    whole()
    wanted = {model.__name__: model.objects.all() for model in MODELS}
    with django_assert_num_queries(1):
        found = together(wanted)
    for model in MODELS:
        alone = {row.pk: stored(row) for row in model.objects.all()}
        assert alone, model
        assert {row.pk: stored(row) for row in found[model.__name__]} == alone
        one = found[model.__name__][0]
        assert not one._state.adding
        assert [type(v) for v in stored(one).values()] == [type(v) for v in alone[one.pk].values()]


def test_what_is_deferred_stays_so_and_a_row_that_a_join_doubles_comes_once():
    case = whole()
    found = together(
        {
            "letters": Notice.objects.filter(case=case).defer("body"),
            "people": User.objects.filter(cases=case).only("name"),
            "by_events": Case.objects.filter(events__seq__gte=1, pk=case.pk).only("reference"),
        }
    )
    letter = found["letters"][0]
    assert letter.__dict__.get("body", DEFERRED) is DEFERRED and letter.body == Notice.objects.get(pk=letter.pk).body
    assert [one.name for one in found["people"]] == ["Sam Okafor"]
    assert [one.reference for one in found["by_events"]] == [case.reference]


def test_one_table_alone_none_of_them_and_what_refers_to_what():
    case = whole()
    assert (
        together({"none": Message.objects.none(), "one": Team.objects.filter(pk=case.team_id)})["one"][0] == case.team
    )
    rows = together({"events": Event.objects.filter(case=case)})["events"]
    attach(rows, {case.pk: case}, "case")
    assert all(row.case is case for row in rows)
    assert max(row.occurred_at for row in rows) - MONDAY < timedelta(days=1)
