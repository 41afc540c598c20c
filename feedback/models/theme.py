"""Themes of what customers write after a case: what a comment is about, put on it by a person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from cases.models import User
from cases.models.worlds import Worldly
from feedback.models.survey import Survey


class Theme(models.Model):
    """Something customers write about. It is retired, never deleted: what was tagged with it goes on saying so."""

    slug = models.SlugField(max_length=60, unique=True, allow_unicode=True)
    name = models.CharField(max_length=40)
    # The rule's words, one a line, as feedback.themes reads them; a rule suggests and never counts.
    words = models.TextField(blank=True, max_length=1000)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="theme_name_once"),)

    def __str__(self) -> str:
        return self.name


class ThemeTag(Worldly):
    """A theme of one comment, as a person read it. It goes with the words it was put on."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="theme_tags")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="tags")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        constraints: ClassVar = (models.UniqueConstraint(fields=("survey", "theme"), name="theme_tag_once"),)


class ThemeSample(models.Model):
    """Tagged comments that a second colleague reads without seeing the first one's tags; seed and population are kept."""

    seed = models.CharField(max_length=64)
    population = models.JSONField()  # numbers of the comments that could be drawn
    themes = models.JSONField()  # numbers of the themes there were
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")


class SecondLook(Worldly):
    """One comment of a sample: the themes the first had put on when it was drawn, and those of the second. It goes with the words."""

    sample = models.ForeignKey(ThemeSample, on_delete=models.CASCADE, related_name="looks")
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="second_looks")
    first = models.JSONField()  # numbers of themes
    second = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints: ClassVar = (models.UniqueConstraint(fields=("sample", "survey"), name="second_look_once"),)
