"""What happens about reaching the customer: by phone, at another address, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.happening import Happening


@dataclass(frozen=True, slots=True)
class ToldByPhone(Happening):
    """A letter that did not arrive was read out on the phone. `notice` is its number, `letter` its kind."""

    by: int
    notice: int
    letter: str


@dataclass(frozen=True, slots=True)
class GaveUp(Happening):
    """Nobody tries any more to bring the customer this letter."""

    by: int
    notice: int
    letter: str


@dataclass(frozen=True, slots=True)
class AddressCorrected(Happening):
    """The customer's account has another address; which, stands in the act's note and nowhere else."""

    by: int


@dataclass(frozen=True, slots=True)
class WeCalled(Happening):
    """We told the customer something on the phone; no clock is met by it."""

    by: int


@dataclass(frozen=True, slots=True)
class QuestionLost(Happening):
    """Our question did not reach the customer. `notice` is the letter's number."""

    notice: int
