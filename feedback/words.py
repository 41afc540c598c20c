"""Words as searching compares them: without accents and endings, so that “Zahlungen” finds “Zahlung”, on every database.

Pure: no database, no clock.
"""

from __future__ import annotations

import bisect
import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]{2,40}")
WORDS_MOST = 12  # of what somebody typed; more only makes it slow
LOOKED_AT = 4000  # characters of what somebody typed
SHORTEST_STEM = 3
TITLE, ANSWER, BODY = 8, 4, 1
SLIP = 0.75  # how alike two words must be to be one with a slip
LONG_ENOUGH = 4  # characters; of shorter words everything is a slip of something
#: Letters that do not come apart into a letter and its accent.
APART = str.maketrans({"ı": "i", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي"})  # fmt: skip
ENDINGS = ("ungen", "ments", "ment", "ing", "ung", "lar", "ler", "ies", "ed", "es", "en", "er", "em", "s", "e", "y", "n", "t")  # fmt: skip
# Words that say nothing about what somebody looks for, folded.
_EMPTY = (
    "a an the and or but if of to in on at by for with from as is are was were be been being am do does did doing has "
    "have had having i me my we our us you your he she it its they them their this that these those what which who when "
    "where why how not no nor so than then too very can cannot could will would should may might must shall just about "
    "into out up down over under again please help hello hi thanks thank get got want need there here since after before "
    "ich du er sie es wir ihr mich mir mein meine meinen meiner der die das den dem des ein eine einen einem einer und "
    "oder aber wenn von zu im in an auf mit fur aus bei ist sind war waren sein habe hat haben hatte nicht kein keine "
    "wie was wer wo warum wann bitte danke kann konnen wird werden noch nur schon auch nach vor seit man "
    "ve veya ama bir bu su o ben sen biz siz onlar benim icin ile de da mi ne nasil neden nerede var yok cok gibi "
    "في من على الى عن مع هذا هذه ان ما لا لم هل كيف متى اين انا هو هي"
)
EMPTY = frozenset(_EMPTY.split())


def fold(text: str) -> str:
    """Small letters without accents: “Überweisung” and “UBERWEISUNG” are one."""
    small = unicodedata.normalize("NFKD", text.casefold().translate(APART))
    return "".join(sign for sign in small if not unicodedata.combining(sign)).translate(APART)


def words_of(text: str) -> list[str]:
    """The words of a text, folded, each once, in order."""
    return list(dict.fromkeys(WORD.findall(fold(text))))


def asked(text: str) -> list[str]:
    """What somebody looks for: the words that say something, at most WORDS_MOST; the empty ones where there are no others."""
    found = words_of(text[:LOOKED_AT])
    return ([word for word in found if word not in EMPTY] or found)[:WORDS_MOST]


def stem(word: str) -> str:
    """The beginning that a word's other forms share; never shorter than SHORTEST_STEM."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def least(wanted: int) -> int:
    """How many of so many words an article must have to be an answer to them."""
    return 1 if wanted <= 3 else 2 if wanted <= 6 else 3


@dataclass(frozen=True, slots=True)
class Text:
    """An article in one language as its rank is worked out: the words of each part, in order of the alphabet."""

    title: tuple[str, ...]
    answer: tuple[str, ...]
    body: tuple[str, ...]

    @classmethod
    def of(cls, title: str, answer: str, body: str) -> Text:
        return cls(*(tuple(sorted(words_of(part))) for part in (title, answer, body)))

    def weights(self) -> dict[str, int]:
        """Every word with the weight of the best place it stands in."""
        found = dict.fromkeys(self.body, BODY) | dict.fromkeys(self.answer, ANSWER)
        return found | dict.fromkeys(self.title, TITLE)

    def weight(self, word: str, *, slips: bool = False) -> float:
        """How well the text has a word: the best part that has one of its forms, half for a slip in title or answer."""
        beginning = stem(word)
        for part, weight in ((self.title, TITLE), (self.answer, ANSWER), (self.body, BODY)):
            place = bisect.bisect_left(part, beginning)
            if place < len(part) and part[place].startswith(beginning):
                return weight
        if slips and len(word) >= LONG_ENOUGH:
            for part, weight in ((self.title, TITLE), (self.answer, ANSWER)):
                if close(word, part):
                    return weight / 2
        return 0


def close(word: str, known: Iterable[str]) -> list[str]:
    """The words that `word` may be with a slip, the most alike first."""
    near = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) <= 2 and len(one) >= LONG_ENOUGH]
    return difflib.get_close_matches(word, near, n=3, cutoff=SLIP)


def ranked(wanted: Sequence[str], texts: Sequence[Text], *, slips: bool = False) -> list[tuple[float, int]]:
    """(score, how many of the words) for each text: a word that few of them have says more than one they all have."""
    table = [[text.weight(word, slips=slips) for word in wanted] for text in texts]
    rare = [math.log(1 + len(texts) / max(1, sum(1 for row in table if row[column]))) for column in range(len(wanted))]
    return [
        (sum(weight * factor for weight, factor in zip(row, rare, strict=True)), sum(1 for one in row if one))
        for row in table
    ]
