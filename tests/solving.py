"""Passing up and answering as people do it: with what the record asks for, where a story is about something else.

The verbs themselves refuse what is missing: tests/escalation/test_ready.py holds them to it.
"""

from django.db import transaction

from cases.models import Case, Investigation, TriedStep
from escalation import verbs

ALSO = "Looked at the order and at the payments; nothing unusual."
INVESTIGATION = {
    "hypotheses": "A double payment, or a page that was sent twice.",
    "findings": "The page was sent twice.",
    "cause": "software",
}


def escalate(case_id, **words):
    """Passes up; from level 1 with a line on what was tried, if nothing was noted before and the story says nothing."""
    case = Case.everything.get(pk=case_id)
    if case.tier == 1 and not words.get("steps") and not TriedStep.everything.filter(case=case).exists():
        words = {"also": ALSO} | words
    return verbs.escalate(case_id, **words)


@transaction.atomic
def answer(case_id, *, by, at, **words):
    """Answers; a grave case with its investigation written first, and the cause and the prevention in the record.

    What is refused leaves nothing behind, the investigation neither.
    """
    case = Case.everything.get(pk=case_id)
    if case.severity <= 2:
        if not Investigation.everything.filter(case=case).exists():
            verbs.investigate(case_id, **INVESTIGATION, by=by, at=at)
            if words.get("seen") is not None:
                words["seen"] += 1
        words = {"cause": "software", "prevents": False} | words
    return verbs.answer(case_id, by=by, at=at, **words)


def doing(verb):
    """The verb by its name, as people do it."""
    return {"escalate": escalate, "answer": answer}.get(verb) or getattr(verbs, verb)
