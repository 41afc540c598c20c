"""Files that customers and staff add to cases: checked by content, kept apart, given out only to who may see the case.

The way of a file: `check` says whether it may be kept and what of it; `keep` stores it for a form that is not sent;
`enclose` gives it to a case inside the verb; `visible_to` is the only door to it; `erase` takes it away.
"""

from cases.files.checking import FILES_MOST, SIZE_MOST, Checked, check
from cases.files.keeping import discard, drop, enclose, erase, keep, of_case, prolong, visible_to, waiting
from cases.files.kinds import ENDINGS, KINDS
from cases.files.names import Unfit, no, safe_name

__all__ = [
    "ENDINGS",
    "FILES_MOST",
    "KINDS",
    "SIZE_MOST",
    "Checked",
    "Unfit",
    "check",
    "discard",
    "drop",
    "enclose",
    "erase",
    "keep",
    "no",
    "of_case",
    "prolong",
    "safe_name",
    "visible_to",
    "waiting",
]
