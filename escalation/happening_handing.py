"""What happens while a colleague is asked to take a case over."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.happening import Happening


@dataclass(frozen=True, slots=True)
class Offered(Happening):
    """A colleague is asked to take the case over; it stays where it is until they say yes."""

    to: int
    by: int


@dataclass(frozen=True, slots=True)
class OfferAccepted(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class OfferReturned(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class OfferWithdrawn(Happening):
    by: int
