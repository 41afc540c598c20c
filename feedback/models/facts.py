"""What figures need to know of a case, in one row that can be made anew from the log at any time."""

from __future__ import annotations

from typing import Any

from django.db import models

from cases.models import Case


def _seconds() -> Any:
    return models.PositiveBigIntegerField(default=0)


def _instant() -> Any:
    return models.DateTimeField(null=True)


def _count() -> Any:
    return models.PositiveSmallIntegerField(default=0)


#: It is not settled, or an instant is missing until which its times count: what is counted of it may change with the clock.
#: The others stand still.
GOES_ON = (
    ~models.Q(stage="")
    | models.Q(closed_at=None, resolved_at=None)
    | models.Q(closed_at=None, acknowledged_at=None, replied_at=None)
)


class CaseFact(models.Model):
    """The facts of one live case, made by `feedback.facts`; drills have none.

    What the case says of itself and may change without an event (topic, team, level, whose case it is) is not
    copied: figures ask the case. docs/facts.md names each field.
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="fact")
    seq = models.PositiveIntegerField()  # the last event it was made from
    # When.
    filed_at = models.DateTimeField()
    acknowledged_at = _instant()
    escalated_at = _instant()
    replied_at = _instant()
    settled_at = _instant()
    back_at = _instant()
    resolved_at = _instant()
    closed_at = _instant()
    # How it went.
    severity_filed = _count()
    severity_worst = _count()
    level_top = _count()
    first_team = models.CharField(max_length=50, blank=True)
    replies = _count()
    rejections = _count()
    reopenings = _count()
    touches = _count()
    went_down = _count()
    went_astray = models.BooleanField(default=False)
    asked_supervisor = models.BooleanField(default=False)
    plan_failures = _count()
    post_mortems = _count()
    steps_required = _count()
    steps_kept = _count()
    assessed = models.BooleanField(default=False)
    upset = models.BooleanField(default=False)
    came_back = models.BooleanField(default=False)
    answered_at_once = models.BooleanField(default=False)
    promises_kept = _count()
    promises_broken = _count()
    # Where the time went, up to the last event; a case that is not settled is at `stage` since then.
    in_review = _seconds()
    in_acknowledgment = _seconds()
    in_work = _seconds()
    in_waiting_customer = _seconds()
    in_waiting_partner = _seconds()
    in_confirmation = _seconds()
    stage = models.CharField(max_length=16, blank=True)
    stage_since = _instant()
    # The longest that has ended, and since when the customer hears nothing now.
    longest_silence = _seconds()
    silent_since = _instant()
    # Of cases that were escalated: where that time went, [team, stage, above level 1, seconds], the place it was at last comes
    # last; and how it went up, [from, to, why].
    spent = models.JSONField(default=list)
    rises = models.JSONField(default=list)
    # Each passing up by a person: [seconds since the epoch, team that had it, whether help came back]; and the last of them.
    passings = models.JSONField(default=list)
    passed_at = _instant()
    # Passed up while no rule asked for it; answered, and sent back or opened again after an answer, by level 1.
    went_unasked = models.BooleanField(default=False)
    replied_low = models.BooleanField(default=False)
    back_low = models.BooleanField(default=False)
    # Progress updates: all, those that named the next time, those whose writer chose it.
    updates = _count()
    updates_timed = _count()
    updates_chosen = _count()
    # What the customer said.
    wrote_at = _instant()
    asked_at = _instant()
    said_at = _instant()
    score = models.PositiveSmallIntegerField(null=True)
    fixed = models.CharField(max_length=6, blank=True)
    heard = models.CharField(max_length=6, blank=True)
    effort = models.PositiveSmallIntegerField(null=True)
    # What they said last while it was under way.
    interim_score = models.PositiveSmallIntegerField(null=True)
    # By when a supervisor owed an answer to a low score, and when it was dealt with.
    low_due_at = _instant()
    low_done_at = _instant()
    # By when somebody owed the customer a follow-up after the case was settled last, and when they were written to or called.
    follow_due_at = _instant()
    follow_done_at = _instant()

    class Meta:
        indexes = (
            models.Index(fields=("filed_at",), name="fact_filed"),
            models.Index(fields=("filed_at",), condition=GOES_ON, name="fact_goes_on"),
            # All that the rate by first team reads.
            models.Index(fields=("filed_at", "first_team", "escalated_at"), name="fact_first_team"),
            models.Index(fields=("filed_at",), condition=models.Q(escalated_at__isnull=False), name="fact_up"),
            # The ten longest silences of a period: the longest of all first, until ten of them lie in it.
            models.Index(fields=("-longest_silence", "case"), name="fact_silence"),
            models.Index(fields=("wrote_at",), condition=models.Q(wrote_at__isnull=False), name="fact_wrote"),
            models.Index(fields=("passed_at",), condition=models.Q(passed_at__isnull=False), name="fact_passed"),
            models.Index(fields=("said_at",), condition=models.Q(said_at__isnull=False), name="fact_said"),
            models.Index(fields=("settled_at",), condition=models.Q(settled_at__isnull=False), name="fact_settled"),
            models.Index(fields=("asked_at",), condition=models.Q(asked_at__isnull=False), name="fact_asked"),
            models.Index(fields=("low_due_at",), condition=models.Q(low_due_at__isnull=False), name="fact_low_due"),
            models.Index(
                fields=("follow_due_at",), condition=models.Q(follow_due_at__isnull=False), name="fact_follow_due"
            ),
        )

    def __str__(self) -> str:
        return f"facts of {self.case_id} at {self.seq}"


class FactHold(models.Model):
    """The one row whose holder makes facts: of two makers at once the slower could leave the older facts."""
