"""Acts that say something: to the customer, to another company, among colleagues."""

from __future__ import annotations

from datetime import datetime

from cases.models import User
from escalation import facts as f
from escalation.mentions import Unmentionable, mentioned
from escalation.saved_replies import next_promise
from escalation.turn import Turn
from portal.console import forms
from portal.console.deeds.deed import Deed, Given, empty, plain


def _supervisor(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    granted = given["granted"] is True
    return f.SupervisorAnswered(at=at, now=at, by=by.pk, granted=granted, empty=empty(turn))


def _updated(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """With the time the verb would promise. Raises NotNow where the text and the field name two."""
    due = next_promise(
        given.get("text") or "", turn.case.customer, next_at=given.get("next_at"), suggested=given.get("suggested"),
        inserted=given.get("inserted") or (),
    )  # fmt: skip
    return f.Updated(at=at, now=at, by=by.pk, next_at=due)


def _moved(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """Until a time is chosen, the latest that may be."""
    return f.PromiseMoved(at=at, now=at, by=by.pk, next_at=given.get("next_at") or turn.case.promise_at or at)


def _noted(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """With whom the note names so far; what is wrong with a name the verb says."""
    try:
        people = mentioned(given.get("text") or "", turn.case, by=by)
    except Unmentionable:
        people = ()
    return f.Noted(at=at, now=at, by=by.pk, tell=tuple(one.pk for one in people))


TALK: dict[str, Deed] = {
    "update": Deed(
        forms.Update,
        plain("Send update"),
        "Update sent.",
        _updated,
    ),
    "move_promise": Deed(
        forms.MovePromise,
        plain("Give the new time"),
        "New time given. The customer reads why.",
        _moved,
        "Later only once, by one interval at most, and before it is due. The next update starts a new time.",
    ),
    "wait_customer": Deed(
        forms.Question,
        plain("Send question and stop our clocks"),
        "Question sent. Our clocks stand still until the customer answers.",
        lambda turn, given, by, at: f.AskedCustomer(at=at, now=at, by=by.pk),
    ),
    "wait_partner": Deed(
        forms.Partner,
        plain("Wait for the other company"),
        "The customer is told whom we wait for.",
        lambda turn, given, by, at: f.WaitsForPartner(
            at=at, now=at, by=by.pk, partner=given.get("partner") or "the other company"
        ),
    ),
    "partner_answered": Deed(
        forms.ActForm,
        plain("The other company answered"),
        "Work goes on.",
        lambda turn, given, by, at: f.PartnerAnswered(at=at, now=at, by=by.pk),
    ),
    "answer": Deed(
        forms.Answer,
        plain("Send answer"),
        "Answer sent. The customer says yes or no.",
        lambda turn, given, by, at: f.Answered(at=at, now=at, by=by.pk),
    ),
    "note": Deed(
        forms.InternalNote,
        plain("Save note"),
        "Note saved.",
        _noted,
        "The customer never sees it. A colleague you name with an @ is told.",
    ),
    "answer_supervisor": Deed(
        forms.Supervisor, plain("Send answer as supervisor"), "Answered as supervisor.", _supervisor
    ),
    "apologise": Deed(
        forms.Apology,
        plain("Send apology"),
        "Apology sent.",
        lambda turn, given, by, at: f.Apologised(at=at, now=at, by=by.pk),
    ),
}
