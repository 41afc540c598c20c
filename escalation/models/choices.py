"""Which protocol counts for which case: the list in force, and the proposals by which it came about."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from cases.models import Category, Product, User


class ProtocolChoice(models.Model):
    """One line of the ordered list that says which protocol a new case is promised under; the first match wins.

    Empty parts match everything. Where no line matches, the default protocol counts, so there is always one.
    The lines are in force; only an approved `ChoiceDraft` replaces them.
    """

    position = models.PositiveSmallIntegerField(unique=True)
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    segment = models.SlugField(max_length=40, blank=True)
    protocol = models.SlugField(max_length=60)

    class Meta:
        ordering = ("position",)


class ChoiceDraft(models.Model):
    """Another list, proposed as a whole; once a second person has approved it, it is kept as history.

    `lines` and `base` are lists of {product, category: id or null, segment, protocol: key} in order.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Waits for approval"
        APPROVED = "approved", "Approved"
        DISCARDED = "discarded", "Thrown away"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    number = models.PositiveIntegerField(
        null=True, unique=True
    )  # of lists that were approved: the first, the second ...
    lines = models.JSONField(encoder=DjangoJSONEncoder)
    base = models.JSONField(encoder=DjangoJSONEncoder)  # the list it was drawn up from, as it was then
    note = models.TextField(blank=True)  # why the list changes
    # Everybody who changed it or wrote why, by id: none of them may approve it. `revision` counts the changes.
    hands = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    discarded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("status",), condition=Q(status="open"), name="one_open_choice_draft"),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | (
                    Q(number__isnull=False, approved_by__isnull=False, approved_at__isnull=False)
                    & ~Q(note="")
                    & ~Q(approved_by=F("made_by"))
                ),
                name="choices_by_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"List {self.number}" if self.number else "Proposed list"
