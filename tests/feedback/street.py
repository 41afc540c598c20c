"""Customers with one settled case each, for what happens, or does not, long after."""

from datetime import timedelta

from cases.models import Case, Event, User
from feedback.models import CaseFact
from tests.feedback.story import AT

SETTLED = AT


class Street:
    """Customers with one settled case each, made of the facts of a told one."""

    def __init__(self, donor: Case) -> None:
        self.donor, self.number = donor, 0

    def settled(self, name: str, *, at=SETTLED, up=None, who: User | None = None, **person) -> Case:
        self.number += 1
        who = who or User.objects.create(email=f"{name}@street.example", **person)
        case = Case.objects.get(pk=self.donor.pk)
        case.pk, case.reference, case.customer, case.filed_at = None, f"ST-{self.number}", who, at - timedelta(days=2)
        case._state.adding = True
        case.save()
        CaseFact.objects.create(case=case, seq=1, filed_at=case.filed_at, settled_at=at, escalated_at=up)
        return case

    def wrote(self, case: Case, *times) -> None:
        """The customer's own words in a case, in the log and in its facts."""
        for seq, at in enumerate(times, 100):
            said = {"case": case, "seq": seq, "kind": "customer_wrote", "role": "customer", "data": {}}
            Event.objects.create(occurred_at=at, recorded_at=at, hash=f"{case.pk}-{seq}", **said)
        CaseFact.objects.filter(pk=case.pk).update(wrote_at=max(times))
