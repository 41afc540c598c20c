"""Which cases something happened to since the figures last looked: whoever writes a case leaves a line here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models

from cases.models.case import Case


class TouchedCase(models.Model):
    """One line for each writing of a case, in its transaction; what counts takes it away again.

    Several lines of one case are as good as one. A unique line a case would make people who act on it at the same
    time as it is counted wait for each other.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    @staticmethod
    def note(cases: Iterable[int], at: datetime) -> None:
        """Leaves a line for each of the `cases` (ids), in one statement; inside the transaction that writes them."""
        TouchedCase.objects.bulk_create([TouchedCase(case_id=case, at=at) for case in cases])
