"""What staff did that is no event of a case: people, roles, rules, articles, brand, sign-ins, exports, restricted looks."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from cases.models.case import Case
from cases.models.people import User


class StaffAct(models.Model):
    """One act, when and by whom. Rows are never changed or deleted, but for `address`, which is emptied after 90 days.

    `kind` is the name of the page it was done on, `about` what it was done to, in words that name no person: a person is
    `person`. `changes` are [{"field": "Roles", "old": "Agents", "new": "Supervisors"}]; of what is personal (a name, an
    address) it says that it changed and keeps no copy, so that erasing somebody leaves nothing here.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60)
    about = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    changes: models.JSONField = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    address = models.CharField(max_length=45, blank=True, help_text="From where, as our limits see it; kept 90 days.")

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=("at",), condition=~models.Q(address=""), name="staff_act_address"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.about}".strip()
