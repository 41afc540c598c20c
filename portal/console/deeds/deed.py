"""What an act of the console is: its form, its button, and the happening a try-out is told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.models import User
from escalation import facts as f
from escalation.turn import Turn
from portal.console import forms

Given = dict[str, Any]


def plain(words: str) -> Callable[[Turn], str]:
    """A button that always says the same."""
    return lambda turn: words


@dataclass(frozen=True, slots=True)
class Deed:
    """One act. `happening` must be what the verb tells the decision, with `given` perhaps still incomplete.

    `button` names the act with its consequence; `done` is the confirmation; `lead` is a line under the heading.
    `beside`: a card of the case page offers it, where what it is about stands; it is not among the buttons.
    """

    form: type[forms.ActForm]
    button: Callable[[Turn], str]
    done: str
    happening: Callable[[Turn, Given, User, datetime], f.Happening]
    lead: str = ""
    beside: bool = False


def empty(turn: Turn) -> tuple[str, ...]:
    """The teams nobody stands behind, as the verb tells the decision."""
    return turn.empty()
