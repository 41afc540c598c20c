"""What people know: skills of single persons, each with the day they were trained in it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from cases.models.people import User, slug_rule


def day_of(at: datetime) -> date:
    """The company's day at an instant: days of training are days of its calendar."""
    return at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


class Skill(models.Model):
    """Something a case may need to be known. Topics of a protocol name it by `slug`."""

    slug = models.CharField("short name", max_length=50, unique=True, validators=[slug_rule])
    name = models.CharField(max_length=100)
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PersonSkillQuerySet(models.QuerySet["PersonSkill"]):
    """Answers who is trained."""

    def trained(self, day: date) -> PersonSkillQuerySet:
        """What people are trained in on `day`: taught by then, and it has not run out."""
        until = Q(until=None) | Q(until__gte=day)
        return self.filter(until, trained_on__lte=day, skill__is_active=True)


class PersonSkill(models.Model):
    """A person has a skill. Without a day of training they are learning it, and nobody is sent to them."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="people")
    trained_on = models.DateField("trained on", null=True, blank=True)
    until = models.DateField("holds until", null=True, blank=True)

    objects = PersonSkillQuerySet.as_manager()

    class Meta:
        ordering = ("skill__name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "skill"), name="skill_once_a_person",
                violation_error_message="This person has this skill already. Change that line instead.",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("trained_on")), name="skill_ends_after_training"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person}: {self.skill}"

    def clean(self) -> None:
        if self.until and not self.trained_on:
            raise ValidationError({"until": "Say first when they were trained."})
        if self.until and self.trained_on and self.until < self.trained_on:
            raise ValidationError({"until": "The last day must not lie before the day of training."})
