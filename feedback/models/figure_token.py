"""Keys with which a program reads the figures in the name of the person who made them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from cases.models import User


class FigureToken(models.Model):
    """One key, its owner's alone, kept as a hash; taking it back deletes the row.

    `bound` is what the owner's sessions hold when it was made: what ends those, a new password or signing out everywhere,
    ends the key too.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="figure_tokens")
    name = models.CharField(max_length=40)
    token_hash = models.CharField(max_length=64, unique=True)
    bound = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="figure_token_named_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="figure_token_ends"),
        )

    def __str__(self) -> str:
        return self.name
