"""Cases for measuring: copies whose log, clocks and facts hold, only in a scratch database; and what measures them."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from cases import chain
from cases.models import Case, Event, User
from escalation import verbs
from escalation.models import Promise
from escalation.sweep import sweep_batch
from feedback.facts import build
from feedback.models import CaseFact
from feedback.surveys import answer_survey
from portal import generated
from portal.demo.people import MANAGERS, address
from portal.management.commands import bench
from tests import solving
from tests.cast import MONDAY, gather

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def ended(cast) -> Case:
    case, tom = cast.file(), cast.tiers[1]
    assessed = {"severity": 3, "complexity": 1, "category": case.category, "reason": "As I read it."}
    solving.doing("assess")(case.pk, by=tom, at=MONDAY, **assessed)
    words = {"text": "Done.", "outcome": "fixed", "root_cause": "A slip"}
    solving.doing("answer")(case.pk, by=tom, at=MONDAY + DAY / 96, **words)
    verbs.accept(case.pk, by=cast.customer, at=MONDAY + DAY / 24)
    answer_survey(case, satisfaction=4, fixed="yes", at=MONDAY + DAY / 24)
    for days in range(1, 60):
        while sweep_batch(MONDAY + days * DAY):
            pass
    return case


def test_copies_hold_and_are_measured(monkeypatch):
    cast = gather()
    cast.file(title="Open, so no model")
    case = ended(cast)
    with pytest.raises(CommandError, match="people or cases of its own"):
        call_command("generate_cases", 5)
    assert Case.objects.count() == 2
    assert generated.make(50) == 1
    verdict = chain.Verdict()
    assert list(chain.check_chains(verdict)) == [] and verdict.cases == 52
    copies = Case.objects.filter(customer__email__endswith="@generated.invalid")
    assert copies.count() == 50 and copies.values("customer").distinct().count() == 2
    assert Event.objects.filter(case__in=copies).count() == 50 * Event.objects.filter(case=case).count()
    assert set(Promise.objects.filter(case__in=copies).values_list("clock__case", flat=True)) <= set(
        copies.values_list("pk", flat=True)
    )
    # A second time it goes on, and the command now takes the database for its own; what is filed next has a number of its own.
    call_command("generate_cases", 10, stdout=StringIO(), stderr=StringIO())
    cast.file(title="Filed after")
    build.take_touched(MONDAY)
    fact = CaseFact.objects.get(pk=case.pk)
    other = CaseFact.objects.get(pk=copies.latest("pk").pk)
    for name in ("score", "touches", "promises_kept", "promises_broken", "level_top", "in_work"):
        assert getattr(fact, name) == getattr(other, name)
    _measured(monkeypatch)


def _measured(monkeypatch) -> None:
    with pytest.raises(CommandError, match="63 cases here"):
        call_command("bench")
    manager = User.objects.create_user(
        address(MANAGERS[0]), "a long enough sentence", name="Max", is_staff=True, is_verified=True
    )
    manager.groups.add(Group.objects.get(name="Managers"))
    for name, value in {"FEWEST": 50, "ROUNDS": 1, "PAGES": ("/insights/all/",), "MS": 60_000.0, "TIMES": 0.0}.items():
        monkeypatch.setattr(bench, name, value)
    call_command("bench", "--json", stdout=(out := StringIO()), stderr=StringIO())
    rows = {row["name"]: row for row in json.loads(out.getvalue())["rows"]}
    assert rows["P8 questions /insights/all/"]["value"] <= 12 and rows["P8 figures unlike a recount"]["value"] == 0
    assert all(row["ok"] and row["n"] == 63 for row in rows.values())
