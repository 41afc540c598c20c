"""How far the plan of a case is, as its customer reads it: how many steps are done, never what they are."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import ngettext

from cases.models import Case, Task
from cases.models.case import CaseQuerySet


def with_plan(cases: CaseQuerySet) -> CaseQuerySet:
    """The cases with `plan_done` and `plan_all`: the steps of the plan that count for the customer. No query more."""
    steps = Task.objects.filter(case=OuterRef("pk"), shown=True).exclude(state=Task.State.DROPPED)
    return cases.annotate(plan_done=_number(steps, Q(state=Task.State.DONE)), plan_all=_number(steps, Q()))


def _number(steps: QuerySet, which: Q) -> Coalesce:
    counted = steps.filter(which).order_by().values("case").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def plan_line(case: Case) -> str:
    """'Our plan: 3 of 5 steps done' while we work on the case; empty where there is no plan, or nothing is left to wait for."""
    done, steps = getattr(case, "plan_done", 0), getattr(case, "plan_all", 0)
    if not steps or not case.is_open:
        return ""
    words = ngettext("Our plan: %(done)s of %(n)s step done", "Our plan: %(done)s of %(n)s steps done", steps)
    return words % {"done": done, "n": steps}
