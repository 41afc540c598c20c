"""Cases colleagues found worth repeating: who said so, and why."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from cases.models import Case, User
from cases.models.worlds import Worldly


class Worthy(Worldly):
    """Somebody found how this case was handled worth repeating; a case is marked once."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="worthy")
    why = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        indexes: ClassVar = (models.Index(fields=("at",), name="worthy_at"),)
