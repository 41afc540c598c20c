"""What a case is found to be caused by, and what may be given to a customer whom we let down."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.people import User


class Cause(models.TextChoices):
    """The root causes cases are counted by; what exactly it was is written beside it."""

    SOFTWARE = "software", "A fault in our software"
    SETTING = "setting", "A setting or a limit of ours"
    DATA = "data", "Wrong or missing data"
    PROCESS = "process", "Our process left a gap"
    SLIP = "slip", "A slip by one of us"
    WORDS = "words", "Our words were unclear or wrong"
    PARTNER = "partner", "Another company"
    CUSTOMER = "customer", "Something on the customer’s side"
    UNKNOWN = "unknown", "Not found"


class Remedy(models.Model):
    """One kind of remedy through all its revisions; it is retired, never deleted, because answers name it."""

    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "remedies"


class RemedyRevision(models.Model):
    """What a remedy is called and which levels may grant it; never changed, only followed by the next one.

    With `has_amount` an amount goes with it, which the level's own limit bounds.
    """

    remedy = models.ForeignKey(Remedy, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    name = models.CharField(max_length=80)
    from_level = models.PositiveSmallIntegerField(default=1)
    has_amount = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("remedy", "number")
        constraints = (
            models.UniqueConstraint(fields=("remedy", "number"), name="remedy_revision_once"),
            models.UniqueConstraint(fields=("remedy",), condition=Q(is_current=True), name="remedy_one_current"),
            models.CheckConstraint(condition=Q(number__gte=1, from_level__gte=1), name="remedy_counts_from_one"),
        )

    def __str__(self) -> str:
        return self.name
