"""One thing that is like a draft, and what finds such things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString

from cases.models import Draft


@dataclass(frozen=True, slots=True)
class Match:
    """One thing that is like the draft. `body`, safe HTML, opens in place; `key` is what the button sends back to `choose`."""

    kind: str
    key: str
    title: str
    button: str
    line: str = ""
    body: SafeString | str = ""
    language: str = ""  # of title, line and body, where it is not the page's
    url: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Finder:
    """One kind: `choose` does what the button says and returns (where to go, what to say there)."""

    kind: str
    find: Callable[[HttpRequest, Draft], Sequence[Match]]
    choose: Callable[[HttpRequest, Draft, str], tuple[str, str]]
