"""What the portal looks like and calls itself: revisions that stay, the newest of which counts, and their pictures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.people import User


class BrandImage(models.Model):
    """A picture as we made it anew from what was uploaded; known by what is in it, so it never changes."""

    digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=4, choices=(("png", "PNG"), ("webp", "WebP")))
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    data = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:12]}.{self.kind}"


class BrandRevision(models.Model):
    """The brand from one save to the next; never changed, only followed. Without any, the environment's counts."""

    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=60)
    from_name = models.CharField(max_length=60, blank=True)
    colour = models.CharField(max_length=7)
    phone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=120, blank=True)
    links = models.JSONField(default=list)  # [[words, https address], …]
    logo = models.ForeignKey(BrandImage, null=True, on_delete=models.PROTECT, related_name="+")
    logo_alt = models.CharField(max_length=120, blank=True)
    favicon = models.ForeignKey(BrandImage, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("number",)
        permissions = (("edit_brand", "Can change the name, logo and colour customers see"),)
        constraints = (
            models.CheckConstraint(condition=Q(number__gte=1), name="brand_counts_from_one"),
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9A-F]{6}$"), name="brand_colour_is_hex"),
        )

    def __str__(self) -> str:
        return f"Brand, revision {self.number}"
