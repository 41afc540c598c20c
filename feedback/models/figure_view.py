"""Pages of figures that people keep: a name and the filters behind it, sent by mail to who asks for that."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import User


class FigureView(models.Model):
    """One view, its owner's alone. `query` is the address without its question mark; it holds filters only.

    `next_at` is when it is mailed next; None where it is not. The digest of the week is a view of the whole.
    """

    class Mailed(models.TextChoices):
        NO = "", "Not by mail"
        WEEKLY = "weekly", "Each Monday"
        MONTHLY = "monthly", "On the first of each month"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="figure_views")
    name = models.CharField(max_length=40)
    page = models.CharField(max_length=60)
    query = models.CharField(max_length=500, blank=True)
    is_digest = models.BooleanField(default=False)
    mailed = models.CharField(max_length=7, choices=Mailed.choices, default=Mailed.NO, blank=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "pk")
        indexes: ClassVar = (
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="figure_view_next"),
        )
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="figure_view_named_once"),
            models.UniqueConstraint(fields=("owner",), condition=Q(is_digest=True), name="figure_view_one_digest"),
            models.CheckConstraint(
                condition=Q(mailed="", next_at__isnull=True) | (~Q(mailed="") & Q(next_at__isnull=False)),
                name="figure_view_mailed_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return self.name
