"""The way through filing: which questions, in which order, how far a draft has come, and whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.models import Draft
from portal.filing_forms import Contact, Details, Effect, Question, Topic, as_posted

FORMS: dict[str, type[Question]] = {"topic": Topic, "impact": Effect, "details": Details, "contact": Contact}
FILES, CHECK, SIMILAR = "files", "check", "similar"
ROAD = ("topic", "impact", "details", FILES, "contact")


@dataclass(frozen=True)
class Way:
    """The questions one kind of reader answers."""

    steps: tuple[str, ...]

    @classmethod
    def of(cls, *, known: bool) -> Way:
        """`known`: we know already how to reach the person."""
        return cls(tuple(step for step in ROAD if not (known and step == "contact")))

    def number(self, step: str) -> int:
        """Which question it is, from 1."""
        return self.steps.index(step) + 1

    def before(self, step: str) -> str:
        """The question before; empty before the first."""
        if step == CHECK:
            return self.steps[-1]
        at = self.steps.index(step)
        return self.steps[at - 1] if at else ""

    def after(self, step: str, reached: str) -> str:
        """Where Continue leads: the next question; the last look when all have been asked before."""
        if self.is_through(reached):
            return CHECK
        if ROAD.index(step) > self.rank(reached) - 1:
            return self.goes_on(reached)  # an earlier answer is missing: the draft was lost, or never begun
        return self.steps[self.steps.index(step) + 1]

    def rank(self, reached: str) -> int:
        """How many questions have been answered."""
        return ROAD.index(reached) + 1 if reached in ROAD else 0

    def is_through(self, reached: str) -> bool:
        """Whether every question has been asked."""
        return self.rank(reached) >= ROAD.index(self.steps[-1]) + 1

    def goes_on(self, reached: str) -> str:
        """The first question that has not been asked yet, else the last look."""
        return next((step for step in self.steps if ROAD.index(step) >= self.rank(reached)), CHECK)

    def further(self, step: str, reached: str) -> str:
        """How far one is with `step` answered: a question further on than the next does not count."""
        return step if ROAD.index(step) == self.rank(reached) else reached


@dataclass(frozen=True)
class Whole:
    """A draft read back through the same forms that took it in."""

    said: dict[str, Any]
    wrong: str = ""  # the first question whose answer is not right any more

    @classmethod
    def read(cls, answers: Mapping[str, Any], way: Way, *, today: date) -> Whole:
        """All answers cleaned, up to the first question that must be asked again."""
        said: dict[str, Any] = {}
        for step in way.steps:
            if step not in FORMS:
                continue
            form = FORMS[step](as_posted(answers), today=today)
            if not form.is_valid():
                return cls(said, step)
            said |= form.cleaned_data
        return cls(said)


def form_for(step: str, draft: Draft | None, *, today: date, start: Mapping[str, str]) -> Question:
    """The form of a step as it is shown: what was given stands in it; `start` is what came with the address."""
    answers = draft.answers if draft else {}
    form = FORMS[step](initial={**start, **{k: v for k, v in as_posted(answers).items() if v}}, today=today)
    if step in ("impact", "topic") and any(name in answers for name in form.fields):
        again = FORMS[step](as_posted(answers), today=today)
        if not again.is_valid():
            return again  # a topic that is gone, a day that is over: said when it is seen
    return form
