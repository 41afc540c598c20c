"""The survey of a settled case: what may be asked, what is recorded, and how long an answer can be changed.

Opening a link records nothing. An answer is one act; the second page (was it easy, may we call) adds to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cases.lifecycle import State
from cases.models import Case, TouchedCase
from escalation.verbs import Refused
from feedback.low_scores import follow_score, follow_wish
from feedback.models import SecondLook, Survey, ThemeTag

CHANGE_WITHIN = timedelta(days=7)
WRITTEN = (
    "satisfaction", "fixed", "heard", "comment", "may_contact", "may_quote", "answered_at", "changed_at",
    "is_anonymous",
)  # fmt: skip
ASKABLE = (State.CONFIRMED, State.FEEDBACK, State.CLOSED)


def asks_heard(case: Case) -> bool:
    """Whether "Did you feel heard?" is asked: only of those whose case was passed up, or began above the first level."""
    return case.escalated_at is not None


def more_questions(case: Case, survey: Survey) -> tuple[str, ...]:
    """The fields of the second page for an answer that was given; empty when there is nothing more to ask."""
    wanted = {
        "heard": asks_heard(case) and not survey.heard,
        # Whoever is promised not to be known is not asked for a call.
        "may_contact": survey.is_unhappy and not survey.is_anonymous,
        # What nobody is shown beside the case is passed on to nobody either.
        "may_quote": bool(survey.comment) and not survey.is_anonymous,
        "effort": settings.SURVEY["effort"],
    }
    return tuple(name for name, asked in wanted.items() if asked)


def will_be_anonymous() -> bool:
    """Whether an answer given now is counted without being shown beside its case."""
    return bool(settings.SURVEY["anonymous"])


def answer_of(case: Case) -> Survey | None:
    """The answer that was given, or None."""
    return Survey.objects.filter(case=case, answered_at__isnull=False).first()


def shown_answer(case: Case) -> Survey | None:
    """The answer as staff may see it beside its case: None without one, and for one given without a name."""
    survey = getattr(case, "survey", None)
    return survey if survey and survey.answered_at and not survey.is_anonymous else None


def change_until(survey: Survey) -> datetime | None:
    """The last instant at which an answer can be changed; None while there is none."""
    return survey.answered_at + CHANGE_WITHIN if survey.answered_at else None


def closed_why(case: Case, *, at: datetime) -> str:
    """Why nothing can be answered or changed any more, in a sentence; empty while it can."""
    if case.state not in ASKABLE:
        return _("This case is open again. Tell us on the case page; we ask you about it when it is settled.")
    survey = answer_of(case)
    until = change_until(survey) if survey else None
    return _("This answer can no longer be changed. Tell us anyway, on the case page.") if until and at > until else ""


def answer_survey(
    case: Case,
    *,
    satisfaction: int | None,
    at: datetime,
    fixed: str = "",
    heard: str = "",
    comment: str = "",
) -> Survey:
    """Records or, within seven days, changes the answer. Raises Refused with a sentence.

    What was said on the second page stays, but the leave to call goes with the low score, or the “not fixed”, it was asked for.
    """
    if satisfaction not in Survey.Satisfaction.values:
        raise Refused(_("Choose how satisfied you are."))
    with transaction.atomic():
        survey = _held(case, at)
        before = survey.comment
        survey.satisfaction, survey.fixed, survey.comment = satisfaction, _verdict(fixed), comment.strip()
        survey.heard = _verdict(heard) if asks_heard(case) else ""
        if not survey.is_unhappy:
            survey.may_contact = None
        if survey.comment != before:
            # Somebody read other words than these, and the leave was given for other ones.
            survey.may_quote = None
            ThemeTag.everything.filter(survey=survey).delete()
            SecondLook.everything.filter(survey=survey).delete()
        if survey.answered_at is None:
            survey.answered_at, survey.is_anonymous = at, will_be_anonymous()
        else:
            survey.changed_at = at
        survey.save(update_fields=WRITTEN)
        follow_score(survey, at=at)
        TouchedCase.note([case.pk], at)
    return survey


def add_to_answer(
    case: Case,
    *,
    at: datetime,
    effort: int | None = None,
    may_contact: bool | None = None,
    may_quote: bool | None = None,
    heard: str | None = None,
) -> Survey:
    """What the second page adds to an answer; what is None is left as it was. Raises Refused with a sentence."""
    with transaction.atomic():
        survey = _held(case, at)
        if survey.answered_at is None:
            raise Refused(_("Choose how satisfied you are."))
        asked = (*more_questions(case, survey), *(("heard",) if asks_heard(case) else ()))
        wished = survey.may_contact is True
        said = {
            "effort": effort, "may_contact": may_contact, "may_quote": may_quote, "heard": heard and _verdict(heard),
        }  # fmt: skip
        for name, value in said.items():
            if value is not None and name in asked:
                setattr(survey, name, value)
        if effort is not None and effort not in Survey.Effort.values:
            raise Refused(_("Choose how far you agree."))
        survey.changed_at = at
        survey.save(update_fields=["heard", "effort", "may_contact", "may_quote", "changed_at"])
        if survey.may_contact and not wished:
            follow_wish(survey, at=at)
        TouchedCase.note([case.pk], at)
    return survey


def _held(case: Case, at: datetime) -> Survey:
    """The case's survey while the case is held, so that two answers, or an answer and a reopening, take turns."""
    held = Case.everything.select_for_update().get(pk=case.pk)
    if why := closed_why(held, at=at):
        raise Refused(why)
    return Survey.everything.get_or_create(case=case, defaults={"is_drill": case.is_drill})[0]


def _verdict(said: str) -> str:
    if said and said not in Survey.Verdict.values:
        raise Refused(_("Choose one of the answers."))
    return said
