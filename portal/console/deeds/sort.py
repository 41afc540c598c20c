"""Acts that sort a queue: another topic, a reminder."""

from __future__ import annotations

from escalation import facts as f
from portal.console import forms
from portal.console.deeds.deed import Deed, plain

SORT: dict[str, Deed] = {
    "change_topic": Deed(
        forms.Topic,
        plain("Change the topic"),
        "Topic changed.",
        lambda turn, given, by, at: f.TopicChanged(
            at=at, now=at, category=(given.get("category") or turn.case.category).slug, by=by.pk
        ),
        "How urgent it is stays. A time may come earlier by the new topic, never later.",
    ),
    "remind": Deed(
        forms.ActForm,
        plain("Remind"),
        "Reminded.",
        lambda turn, given, by, at: f.Reminded(at=at, now=at, by=by.pk),
        "Who has the case gets a letter; while nobody has it, whoever is on duty at its team.",
    ),
}
