"""What a case is about, in the customer's words."""

from __future__ import annotations

from django.db import models

from cases.models.people import slug_rule


class Category(models.Model):
    """A topic a customer can choose; `slug` is what a protocol's matrix names."""

    slug = models.CharField(max_length=50, unique=True, validators=[slug_rule])
    name = models.CharField(max_length=100)
    example = models.CharField(max_length=150, blank=True, help_text="One line under the choice.")
    # Where a matter of safety or of money that is leaving is told first to call.
    urgent_line = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product or service a case is about; which protocol counts may depend on it."""

    slug = models.CharField(max_length=50, unique=True, validators=[slug_rule])
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name
