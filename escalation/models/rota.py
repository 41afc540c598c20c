"""Who is on duty when: weekly shifts, swaps, leave with a substitute, and how many open cases a person may have."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from cases.models import Team, User
from escalation.calendars import DAY, WEEKDAYS, Window
from escalation.rota import MOST_DAYS

LONGEST_RUN = 31  # days: a longer limit would be none
HALF_OPEN = "The end must lie after the start."
NOT_THEMSELVES = "Choose somebody else: nobody stands in for themselves."


def whole_minute(at: datetime | None) -> datetime | None:
    """Cuts what a keyboard cannot say."""
    return at.replace(second=0, microsecond=0) if at else at


class Rota(models.Model):
    """A team's duty rota. A team stands as a whole, at every hour, until its rota has a first shift."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="rota")
    zone = models.CharField(max_length=64, help_text="The zone its shifts are read in, such as Europe/London.")
    # Days on duty one after the other; a longer run is said on the team's page and on supervisors' home.
    most_days = models.PositiveSmallIntegerField("days on duty in a row at most", default=MOST_DAYS)

    def __str__(self) -> str:
        return f"Rota of {self.team}"

    def clean(self) -> None:
        if self.zone not in available_timezones():
            raise ValidationError({"zone": f"“{self.zone}” is not a time zone. Use a name such as Europe/London."})
        if not 1 <= self.most_days <= LONGEST_RUN:
            raise ValidationError({"most_days": f"Write a number of days from 1 to {LONGEST_RUN}."})


class Shift(models.Model):
    """A weekly turn. `opens` and `closes` are minutes after local midnight in the rota's zone, on `weekday` (0 Monday).

    `closes` below `opens` means that it runs over midnight. It holds for every such weekday from `starts_on` to
    `ends_on`, both included; without an end it goes on.
    """

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, verbose_name="person", on_delete=models.PROTECT, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(choices=list(enumerate(WEEKDAYS)))
    opens = models.PositiveSmallIntegerField()
    closes = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("weekday", "opens", "user_id", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(weekday__lte=6), name="shift_weekday"),
            models.CheckConstraint(
                condition=Q(opens__lt=DAY, closes__gte=1, closes__lte=DAY) & ~Q(opens=F("closes")), name="shift_hours"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="shift_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.hours}"

    @property
    def hours(self) -> str:
        """'Monday 09:00-17:30'."""
        return str(Window(self.weekday, self.opens, self.closes))

    def clean(self) -> None:
        if self.opens is not None and self.opens == self.closes:
            raise ValidationError({"closes": "A shift has a length. For a whole day write 00:00 to 24:00."})
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": "The last day must not lie before the first day."})
        self._not_twice()

    def _not_twice(self) -> None:
        """The same turn of the same person twice would only have to be taken out twice."""
        if None in (self.rota_id, self.user_id, self.weekday, self.opens, self.closes, self.starts_on):
            return
        same = Shift.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=self.starts_on),
            rota=self.rota_id, user=self.user_id, weekday=self.weekday, opens=self.opens, closes=self.closes,
        ).exclude(pk=self.pk)  # fmt: skip
        if self.ends_on:
            same = same.filter(starts_on__lte=self.ends_on)
        if same.exists():
            raise ValidationError(f"{self.user} has this shift already: {self.hours}.")


class Stretch(models.Model):
    """What has a start and an end, half open: at `ends_at` it is over."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        abstract = True

    def clean(self) -> None:
        self.starts_at, self.ends_at = whole_minute(self.starts_at), whole_minute(self.ends_at)  # type: ignore[assignment]
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": HALF_OPEN})


class Override(Stretch):
    """One time only: `user` is on duty, wherever `instead_of` would be by shift, or at every hour when that is empty."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(User, verbose_name="who takes it", on_delete=models.PROTECT, related_name="+")
    instead_of = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
            models.CheckConstraint(
                condition=Q(instead_of__isnull=True) | ~Q(instead_of=F("user")), name="override_for_another"
            ),
        )

    def clean(self) -> None:
        super().clean()
        if self.user_id and self.user_id == self.instead_of_id:
            raise ValidationError({"instead_of": NOT_THEMSELVES})


class Leave(Stretch):
    """A person is away and nobody on duty; `substitute` stands wherever they would have stood."""

    user = models.ForeignKey(User, verbose_name="person", on_delete=models.PROTECT, related_name="leave")
    substitute = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("starts_at", "pk")
        verbose_name_plural = "leave"
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_ends_after_start"),
            models.CheckConstraint(
                condition=Q(substitute__isnull=True) | ~Q(substitute=F("user")), name="leave_for_another"
            ),
        )

    def clean(self) -> None:
        super().clean()
        if self.user_id and self.user_id == self.substitute_id:
            raise ValidationError({"substitute": NOT_THEMSELVES})
        if self.user_id and self.starts_at and self.ends_at:
            other = Leave.objects.filter(user=self.user_id, starts_at__lt=self.ends_at, ends_at__gt=self.starts_at)
            if other.exclude(pk=self.pk).exists():
                raise ValidationError(f"{self.user} is away then already. Change that entry instead.")


class LoadCap(models.Model):
    """How many open cases a person may have before routing passes them by; 0 means that it never picks them."""

    user = models.OneToOneField(User, verbose_name="person", on_delete=models.CASCADE, related_name="load_cap")
    most_open = models.PositiveSmallIntegerField("open cases at most")

    def __str__(self) -> str:
        return f"{self.user}: {self.most_open}"
