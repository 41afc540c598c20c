"""Says how far a long command is: a bar where a person watches, else a line every few seconds."""

from __future__ import annotations

import time
from typing import Any

WIDTH = 30
EVERY = 5.0  # seconds between two lines where nobody watches


class Progress:
    """`show(share)` with 0..1, as often as one likes."""

    def __init__(self, what: str, stream: Any) -> None:
        self.what, self.stream = what, stream
        self.is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self.started = self.said = time.monotonic()
        self.over = False

    def show(self, share: float) -> None:
        now = time.monotonic()
        if self.over or (share < 1 and now - self.said < (0.1 if self.is_terminal else EVERY)):
            return
        if share >= 1:
            self.over = True
            if not self.is_terminal and now - self.started < EVERY:
                return
        self.said = now
        left = f"{(now - self.started) * (1 - share) / share:.0f} s left" if 0 < share < 1 else ""
        if self.is_terminal:
            bar = "#" * round(WIDTH * share)
            self.stream.write(f"\r{self.what} [{bar:{WIDTH}}] {share:4.0%} {left:12}", ending="\n" if self.over else "")
        else:
            self.stream.write(f"{self.what}: {share:.0%} {left}".rstrip())
