"""Clocks that count working time towards a promise, and the ledger of what the customer was promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.dateparse import parse_datetime

from cases.models import Case
from cases.models.event import stamp
from cases.models.worlds import Worldly
from escalation.facts import Clock, ClockFact, Outcome
from escalation.worktime import Pause

OUTCOMES = (Outcome.MET, Outcome.MISSED, Outcome.CANCELLED, Outcome.ELAPSED)


class StageClock(Worldly):
    """One clock of one case. `target` in seconds of working time of the calendar version `calendar`.

    While it runs `due_at` is set; while it is paused `paused_at` is set; once it has ended `ended_at` and
    `outcome` are set for good. A clock that was missed and later done after all keeps `missed` and says when.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks")
    kind = models.CharField(max_length=12, choices=[(k, k) for k in Clock.ALL])
    # The number of the event that started it: with case and kind it names the clock for good.
    started_seq = models.PositiveIntegerField()
    tier = models.PositiveSmallIntegerField()
    severity = models.PositiveSmallIntegerField()
    protocol = models.CharField(max_length=80)
    calendar = models.CharField(max_length=80)
    target = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    promise = models.BooleanField(default=False)
    told = models.BooleanField(default=False)
    put_off = models.BooleanField(default=False)
    # Past pauses as [from, to, reason]; a running pause is `paused_at` and `pause_reason`.
    pauses = models.JSONField(default=list)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=10, null=True, choices=[(o, o) for o in OUTCOMES])
    ended_at = models.DateTimeField(null=True)
    done_late_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "kind", "started_seq"), name="clock_once"),
            models.UniqueConstraint(
                fields=("case", "kind"), condition=Q(outcome__isnull=True), name="clock_one_open_of_a_kind"
            ),
            models.UniqueConstraint(
                fields=("case",), condition=Q(outcome__isnull=True, promise=True), name="clock_one_next_promise"
            ),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True, ended_at__isnull=True)
                | Q(outcome__in=OUTCOMES, ended_at__isnull=False),
                name="clock_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome__isnull=False)
                | Q(due_at__isnull=False, paused_at__isnull=True)
                | Q(due_at__isnull=True, paused_at__isnull=False),
                name="clock_runs_or_is_paused",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.MISSED) | Q(ended_at__gte=F("due_at")), name="clock_missed_after_due"
            ),
        )
        indexes = (
            models.Index(fields=("case",), condition=Q(outcome__isnull=True), name="clock_open_of_case"),
            models.Index(fields=("kind", "ended_at"), name="clock_figures"),
            # What became of the newest promised steps, whatever their kind.
            models.Index(
                fields=("ended_at",), condition=Q(told=True, outcome__in=("met", "missed")), name="clock_ended"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind}#{self.started_seq}"

    def fact(self) -> ClockFact:
        """The clock as a decision sees it."""
        return ClockFact(
            kind=self.kind,
            started_at=self.started_at,
            target=self.target,
            calendar=self.calendar,
            due=self.due_at,
            warn=self.warn_at,
            promise=self.promise,
            told=self.told,
            pauses=tuple(self.past_pauses()),
            paused_at=self.paused_at,
            pause_reason=self.pause_reason,
            put_off=self.put_off,
        )

    def past_pauses(self) -> list[Pause]:
        """The pauses that are over, as arithmetic wants them."""
        return [Pause(_instant(a), _instant(b), reason) for a, b, reason in self.pauses]

    def take(self, fact: ClockFact) -> None:
        """Copies what a decision changed: pauses, target, due and warning instants."""
        self.target, self.due_at, self.warn_at = fact.target, fact.due, fact.warn
        self.paused_at, self.pause_reason = fact.paused_at, fact.pause_reason
        self.pauses = [[stamp(p.start), stamp(p.end), p.reason] for p in fact.pauses if p.end is not None]


def _instant(text: str) -> datetime:
    value: Any = parse_datetime(text)
    return value


class Promise(Worldly):
    """What the customer was told: one row for each time a due instant was shown.

    `open` until it is kept, moved with a reason, broken, stopped (we wait for the customer), or dropped
    because the case ended first.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        KEPT = "kept", "Kept"
        MOVED = "moved", "Moved"
        BROKEN = "broken", "Broken"
        STOPPED = "stopped", "Stopped"
        DROPPED = "dropped", "Not needed any more"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    clock = models.ForeignKey(StageClock, on_delete=models.PROTECT, related_name="shown")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(fields=("clock",), condition=Q(status="open"), name="promise_one_open_of_a_clock"),
            models.CheckConstraint(
                condition=Q(status="open", settled_at__isnull=True) | (~Q(status="open") & Q(settled_at__isnull=False)),
                name="promise_settled_once",
            ),
        )
        indexes = (
            models.Index(fields=("case", "made_at"), name="promise_of_case"),
            # The console's reader: what is late stays late until it is made good.
            models.Index(fields=("case",), condition=Q(status="broken"), name="promise_broken"),
            # The dashboards': whose time came in a period.
            models.Index(fields=("due_at",), condition=Q(status__in=("kept", "broken")), name="promise_came_due"),
        )
