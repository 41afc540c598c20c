"""Every act of the console in one table, in the order they are offered; a family of acts has a module."""

from portal.console.deeds.beside import BESIDE
from portal.console.deeds.deed import Deed
from portal.console.deeds.handing import HANDING
from portal.console.deeds.helping import HELPING
from portal.console.deeds.move import MOVE
from portal.console.deeds.reaching import REACHING
from portal.console.deeds.solve import SOLVE
from portal.console.deeds.sort import SORT
from portal.console.deeds.talk import TALK

__all__ = ["BESIDE", "DEEDS", "Deed"]

#: What comes first on a case's way stands first; what is not named here comes after, family by family.
FIRST = (
    "review",
    "acknowledge",
    "update",
    "answer",
    "escalate",
    "offer",
    "wait_customer",
    "wait_partner",
    "partner_answered",
    "note",
    "assess",
    "move_promise",
)
_ALL: dict[str, Deed] = MOVE | HANDING | HELPING | TALK | SORT | REACHING | SOLVE | BESIDE
DEEDS: dict[str, Deed] = {verb: _ALL[verb] for verb in (*FIRST, *_ALL)}
