"""The one log format, which blots out what may be a person's: e-mail addresses, link tokens, database values."""

import logging
import re

BLOTS = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<address>"),
    # A key violation quotes the offending row: Key (email)=(...) already exists.
    (re.compile(r"(?<=\)=\().*?(?=\) )"), "<value>"),
    (re.compile(r"Failing row contains \(.*\)\.?"), "Failing row contains <values>"),
    # Long runs of letters and digits in an address are what opens it: survey, sign-in and follow links.
    (re.compile(r"(?<=/)(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}(?=/|\s|$|\?|')"), "<token>"),
    (re.compile(r"(?<=\?)[^\s'\"]+"), "<query>"),
)


def blotted(text: str) -> str:
    for pattern, blot in BLOTS:
        text = pattern.sub(blot, text)
    return text


class BlottingFormatter(logging.Formatter):
    """Formats the whole record first, so that arguments and tracebacks are blotted as well."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return blotted(super().format(record))
