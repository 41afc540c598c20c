"""How hard the cases of one colleague are beside those of the others: said wherever figures of one person are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Count, Q

from cases.models import Case
from feedback.figures import Scope, within
from feedback.intervals import Share, apart
from feedback.periods import Period


@dataclass(frozen=True, slots=True)
class Mix:
    """Escalated among filed in the period: of the cases one person has now, and of those all others have."""

    mine: Share
    others: Share

    @property
    def way(self) -> str:
        """“harder” or “easier” where the intervals do not meet, else nothing."""
        return {"up": "harder", "down": "easier"}.get(apart(self.mine, self.others) or "", "")


def mix_of(period: Period, scope: Scope) -> Mix:
    """The mix of the handler of `scope`, beside everybody else's under the same filters; one query."""
    mine, up = Q(owner=scope.handler), Q(escalated_at__isnull=False)
    of = Case.objects.filter(within("filed_at", period), replace(scope, handler=None).on(), owner__isnull=False)
    found = of.aggregate(
        n=Count("pk", filter=mine),
        hits=Count("pk", filter=mine & up),
        others=Count("pk", filter=~mine),
        others_up=Count("pk", filter=~mine & up),
    )
    return Mix(Share(found["hits"], found["n"]), Share(found["others_up"], found["others"]))
