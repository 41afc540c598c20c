"""Every kind of letter the system sends: when it goes, and to whom. A kind is a file of templates/mail; a test keeps both equal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of letter. `to` is empty where it is the customer of the case."""

    when: str
    to: str = ""


#: What stands for an empty `to`.
CUSTOMER = "The customer"
#: To customers and whoever reads like one, in the order of a case's life; then accounts.
CUSTOMERS: dict[str, Kind] = {
    "received": Kind("A case was filed"),
    "priority_set": Kind("The severity was set or changed, and with it what we promised"),
    "passed_on": Kind("The case went to another team"),
    "still_looking": Kind("Nobody has acknowledged yet, and more people were asked"),
    "named_person": Kind("Somebody acknowledged the case by name"),
    "progress": Kind("A progress update was written"),
    "waiting_partner": Kind("We wait for another company"),
    "question": Kind("We asked the customer something; our clocks stop"),
    "still_waiting": Kind("They have not answered yet"),
    "earlier": Kind("We look more often from now on, or faster rules took the case over"),
    "new_time": Kind("A person moved a time before it was missed, with a reason"),
    "promise_broken": Kind("A time the customer was promised was missed; never held back"),
    "apology": Kind("A supervisor apologised"),
    "new_owner": Kind("Somebody else has the case now"),
    "supervisor_asked": Kind("The customer asked for a supervisor"),
    "supervisor_answered": Kind("The supervisor answered"),
    "answer": Kind("An answer was proposed"),
    "closed": Kind("The case was closed because we heard nothing"),
    "reopened": Kind("The customer opened the case again"),
    "merged": Kind("The case was joined to another"),
    "mail_files": Kind("Something of a mail to us could not be kept"),
    "mail_link": Kind("A mail reached us from an address that has no case", "Whoever wrote"),
    "digest": Kind("Once a day, what happened, for who chose so"),
    "survey": Kind("A case was settled"),
    "survey_reminder": Kind("The survey was not answered, once"),
    "survey_interim": Kind("A milestone of a case was reached: whether it goes well"),
    "survey_recommend": Kind("Once a quarter to a sample", "A customer, about no case"),
    "low_answer": Kind("A supervisor answered a low score"),
    "follow_up": Kind("Some days after a case was settled: whether it is still fixed"),
    "improvement_news": Kind("A change that their words led to was published", "Customers whose words led to it"),
    "follow_problem": Kind("Somebody asked to follow a known problem", "The address that was named"),
    "problem_news": Kind("A known problem has news", "Who follows it"),
    "share_invitation": Kind("A customer asked somebody to join their case", "Whom they named"),
    "share_news": Kind("A case somebody reads along has news; one an hour", "Who reads along"),
    "follow_code": Kind("Somebody wants to see a case by its reference", "The customer of the case"),
    "draft_link": Kind("Somebody wants to go on telling us later", "The address they gave"),
    "sign_in_code": Kind("Somebody signs in by code", "The address that was typed"),
    "confirm_code": Kind("An address is to be confirmed", "The address of the account"),
    "new_address_code": Kind("An account is to move to another address", "The new address"),
    "address_changed": Kind("The address of an account was changed", "The old and the new address"),
    "sign_in_changed": Kind("A password, an app or a passkey was changed", "Whose account it is"),
    "data_ready": Kind("A copy of one’s data is ready", "Who asked for it"),
    "erase_asked": Kind("Somebody asked to be erased", "Who asked"),
    "erase_done": Kind("They were erased", "The address they had"),
}
#: To staff, in English.
STAFF: dict[str, Kind] = {
    "case_for_team": Kind("A case came to a team", "Who is on duty there"),
    "due_soon": Kind("A time is due soon", "The owner"),
    "not_acknowledged": Kind("Nobody has acknowledged: the level’s next step", "Whom the protocol names"),
    "promise_missed": Kind("A time was missed", "The owner and the lead of the team, or whom the matrix names"),
    "went_past_you": Kind("A case went past an empty level", "The lead of that level"),
    "call_customer": Kind("A level asks for a call on arrival", "The lead of the team"),
    "emergency": Kind("A case went up as an emergency", "The team it went to"),
    "unjustified": Kind("Nobody said why it was an emergency", "The lead of the team"),
    "supervisor_wanted": Kind("A customer asked for a supervisor", "Supervisors"),
    "customer_wrote": Kind("A customer wrote", "The owner, or the team"),
    "accepted": Kind("A customer says that it is fixed", "The owner"),
    "withdrawn": Kind("A customer took the case back", "The owner"),
    "question_lost": Kind("Our question did not arrive", "The owner, or the team"),
    "owner_lost": Kind("The owner of a case is no longer here", "The lead of the team"),
    "reminder": Kind("A supervisor reminds", "Who has the case"),
    "handed_to_you": Kind("A case was handed over at once", "The new owner"),
    "offered_to_you": Kind("A colleague asks somebody to take a case", "Who is asked"),
    "offer_accepted": Kind("They said yes", "Who asked"),
    "offer_returned": Kind("They said no, with a reason", "Who asked, and the owner"),
    "offer_unanswered": Kind("They said nothing in time", "Who asked, the owner and the lead"),
    "offer_over": Kind("A hand-over is settled without them", "Who was asked"),
    "helped_back": Kind("A case comes back with help", "Who passed it up"),
    "mentioned": Kind("A note names somebody", "Who is named"),
    "task_given": Kind("Somebody got a task", "Who got it"),
    "task_overdue": Kind("A task is overdue", "Who has it, and the owner"),
    "consult_asked": Kind("An expert is asked", "The expert"),
    "consult_answered": Kind("The expert answered", "Who asked"),
    "consult_taken_back": Kind("The question was taken back", "The expert"),
    "consult_overdue": Kind("The expert has not answered", "The expert, and who asked"),
    "low_scores_new": Kind("Low scores came in; one an hour", "Supervisors"),
    "low_scores_late": Kind("A low score was not answered in time", "Supervisors"),
    "post_mortem_overdue": Kind("A post-mortem is overdue", "Whose it is"),
    "alternative_answered": Kind("A customer answered what we offered", "Whose the post-mortem is"),
    "lesson_answered": Kind("A lesson was answered", "Who wrote it"),
    "lessons_overdue": Kind("Lessons wait for an answer", "Supervisors"),
    "improvement_decided": Kind("An improvement was agreed to or declined", "Who proposed it"),
    "improvements_overdue": Kind("Improvements wait for a decision", "Who decides"),
    "quality_scored": Kind("A piece of work was reviewed", "Whose work it was"),
    "quality_answered": Kind("They answered the review", "Who reviewed"),
    "training_assigned": Kind("Training was given", "Who is to do it"),
    "meeting_action": Kind("A meeting gave somebody something to do", "Who is to do it"),
    "meeting_action_late": Kind("It was not done in time", "Who was to do it"),
    "today_sheet": Kind("The working day begins", "Supervisors and leads"),
    "figure_digest": Kind("Once a week, the figures", "Who asked for it"),
    "figure_view": Kind("A saved view of figures is due", "Who asked for it"),
    "plan_review": Kind("A review of a protocol falls due, or is overdue", "Who signs it"),
    "not_started": Kind("A version of the protocol could not start by itself", "Who approved it"),
    "start_off": Kind("Its start by itself was taken back", "Who had it start"),
    "mail_test": Kind("Somebody tries whether mail leaves", "Who tries"),
}
KINDS = CUSTOMERS | STAFF
#: Those whose first line must name the next promise; a test reads their templates.
PROMISING = (
    "received", "priority_set", "passed_on", "still_looking", "named_person", "progress", "waiting_partner", "earlier",
    "new_time", "promise_broken", "apology", "new_owner", "supervisor_answered", "reopened",
)  # fmt: skip
#: Those about no case: their subject ends in no reference.
NO_CASE = frozenset({
    "mail_link", "digest", "survey_recommend", "improvement_news", "follow_problem", "problem_news", "draft_link",
    "sign_in_code", "confirm_code", "new_address_code", "address_changed", "sign_in_changed", "data_ready", "erase_asked",
    "erase_done", "low_scores_new", "low_scores_late", "lesson_answered", "lessons_overdue", "improvement_decided",
    "improvements_overdue", "training_assigned", "meeting_action", "meeting_action_late", "today_sheet", "figure_digest",
    "figure_view", "plan_review", "not_started", "start_off", "mail_test", "post_mortem_overdue", "alternative_answered",
    "quality_scored", "quality_answered",
})  # fmt: skip


def name_of(kind: str) -> str:
    """'Named person'."""
    return kind.replace("_", " ").capitalize()
