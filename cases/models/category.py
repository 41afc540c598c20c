"""What a case is about, in the customer's words and in their language."""

from __future__ import annotations

from django.db import models

from cases.languages import in_language
from cases.models.people import slug_rule


class Named(models.Model):
    """Something customers choose by its name; `translations` holds {"de": {"name": "Eine Bestellung"}}, all optional."""

    slug = models.CharField(max_length=50, unique=True, validators=[slug_rule])
    name = models.CharField(max_length=100)
    translations: models.JSONField = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        """The name in the language that is switched on; the English one where it has none."""
        return in_language(self.translations, "name", self.name)


class Category(Named):
    """A topic a customer can choose; `slug` is what a protocol's matrix names."""

    example = models.CharField(max_length=150, blank=True, help_text="One line under the choice.")
    # Where a matter of safety or of money that is leaving is told first to call.
    urgent_line = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    # Seen only by the team that has the case, its owner and who may see restricted ones; each opening is noted.
    is_restricted = models.BooleanField(default=False)

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    @property
    def local_example(self) -> str:
        """The example in the language that is switched on; an English one beside a translated name would only confuse."""
        return in_language(self.translations, "example", "" if self.local_name != self.name else self.example)


class Product(Named):
    """A product or service a case is about; which protocol counts may depend on it."""

    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "name")
