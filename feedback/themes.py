"""Themes: keeping the list, what a rule suggests, and putting them on a comment by hand (R073). docs/words.md.

A rule is a list of words. It suggests and never counts: what counts is the tag a person has put on the words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.text import slugify

from cases.access import Viewer
from cases.models import User
from escalation.verbs import Refused
from feedback.models import Survey, Theme, ThemeTag
from feedback.verbatims import readable

SUPERVISE = "cases.supervise"
NAME_MOST, WORDS_MOST, WORD_MOST, STEM_LEAST, THEMES_MOST = 40, 40, 40, 3, 40
ANY_END = "*"


# The list -------------------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """The words of a rule, between commas or line ends, each once, small; “slow*” is every word that begins so. Raises Refused."""
    words = list(
        dict.fromkeys(word for part in re.split(r"[,\n]", text) if (word := " ".join(part.casefold().split())))
    )
    if len(words) > WORDS_MOST:
        raise Refused(f"{len(words)} words: at most {WORDS_MOST}.", field="words")
    for word in words:
        stem = word.removesuffix(ANY_END)
        if len(word) > WORD_MOST:
            raise Refused(f"“{word}” is too long: at most {WORD_MOST} characters.", field="words")
        if ANY_END in stem or not re.search(r"\w", stem):
            raise Refused(
                f"“{word}” cannot be read: a star stands at the end of a word only, as in slow*.", field="words"
            )
        if stem != word and len(stem) < STEM_LEAST:
            raise Refused(
                f"“{word}” would name nearly every word: {STEM_LEAST} letters before the star at least.", field="words"
            )
    return words


@lru_cache(maxsize=256)
def _rule(words: str) -> re.Pattern[str] | None:
    parts = []
    for word in words_of(words):
        stem = r"\s+".join(re.escape(part) for part in word.removesuffix(ANY_END).split())
        parts.append(stem + (r"\w*" if word.endswith(ANY_END) else ""))
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)") if parts else None


def suggested(text: str, themes: Iterable[Theme]) -> list[Theme]:
    """The themes whose words stand in `text`, whole and whatever their case."""
    small = text.casefold()
    return [theme for theme in themes if (rule := _rule(theme.words)) is not None and rule.search(small)]


def write(theme: Theme | None, name: str, words: str, *, by: User) -> Theme:
    """A new theme, or another name and other words for one; its address stays. Raises Refused naming the field."""
    _supervises(by)
    name, rule = " ".join(name.split()), "\n".join(words_of(words))
    if not name:
        raise Refused("Give it a name, of a word or two.", field="name")
    if len(name) > NAME_MOST:
        raise Refused(f"Too long: {len(name)} characters, at most {NAME_MOST}.", field="name")
    others = Theme.objects.exclude(pk=theme.pk) if theme else Theme.objects.all()
    if theme is None and others.count() >= THEMES_MOST:
        raise Refused(f"There are {THEMES_MOST} themes already. Rename one: nobody chooses among more.")
    taken = Refused("There is a theme of that name already. A retired one can be brought back.", field="name")
    if name.casefold() in {one.casefold() for one in others.values_list("name", flat=True)}:
        raise taken
    try:
        with transaction.atomic():
            if theme is None:
                return Theme.objects.create(slug=_slug(name), name=name, words=rule)
            theme.name, theme.words = name, rule
            theme.save(update_fields=["name", "words"])
            return theme
    except IntegrityError:  # somebody wrote the same at this moment
        raise taken from None


def _slug(name: str) -> str:
    base = slugify(name, allow_unicode=True)[:50] or "theme"
    known = set(Theme.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, 1000) if (slug := base if n == 1 else f"{base}-{n}") not in known)


def set_active(theme: Theme, *, active: bool, by: User) -> None:
    """Retires a theme or brings it back; twice is once. What was tagged with it stays and counts. Raises Refused."""
    _supervises(by)
    Theme.objects.filter(pk=theme.pk).update(is_active=active)


def _supervises(by: User) -> None:
    if not by.has_perm(SUPERVISE):
        raise Refused("Only supervisors keep themes.")


# A comment's themes -----------------------------------------------------------------------------------------------


def seal(survey: Survey) -> str:
    """What tells whether the words are still those somebody read; says nothing of the case."""
    return salted_hmac("feedback.themes", f"{survey.pk}:{survey.comment}").hexdigest()[:40]


def key_of(survey: Survey) -> str:
    """What a page calls a comment: its number, or, of one without a name, a word from which nobody finds the case."""
    return seal(survey) if survey.is_anonymous else str(survey.pk)


def found(key: str, viewer: Viewer) -> Survey | None:
    """The comment a page calls so, if the viewer may read it."""
    rows = readable(viewer)
    if key.isdecimal() and len(key) < 19:
        return rows.filter(pk=int(key), is_anonymous=False).first()
    unnamed = rows.filter(is_anonymous=True).only("pk", "comment", "is_anonymous").iterator(chunk_size=1000)
    return next((one for one in unnamed if constant_time_compare(seal(one), key)), None)


def tag(survey: Survey, themes: Collection[Theme], *, seen: str, by: User, at: datetime) -> None:
    """The themes of a comment are these from now on; who put those on that stay, stays. `seen`: the seal of what was read.

    A retired theme that is on it stays and cannot be put on. Raises Refused.
    """
    _supervises(by)
    with transaction.atomic():
        held = Survey.objects.select_for_update().filter(pk=survey.pk).first()
        if held is None or not constant_time_compare(seal(held), seen):
            raise Refused("The customer has changed these words meanwhile. Read them again; nothing was changed.")
        if not readable(Viewer(by)).filter(pk=held.pk).exists():
            raise Refused("There is no such comment for you.")
        wanted, has = {theme.pk for theme in themes}, set(held.theme_tags.values_list("theme", flat=True))
        if Theme.objects.filter(pk__in=wanted - has, is_active=True).count() != len(wanted - has):
            raise Refused("One of these themes was retired meanwhile. Nothing was changed.")
        gone = held.theme_tags.filter(theme__is_active=True).exclude(theme__in=wanted)
        gone.delete()
        ThemeTag.objects.bulk_create(
            ThemeTag(survey=held, theme_id=pk, by=by, at=at, is_drill=held.is_drill) for pk in sorted(wanted - has)
        )
