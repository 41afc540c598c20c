"""Help articles as managers read them: how many needed no case, which article answers, which is used, which is stale."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cases.models import User
from feedback.helpfulness import TRIED, USED, WHY_STALE, WINDOW, Shelved, Where, deflection, shelf, window
from feedback.intervals import Share
from feedback.periods import Period
from portal.insights.asking import OWN
from portal.insights.casework import Echo, safe
from portal.insights.drawing import cell
from portal.insights.words import interval_words, share_words

HEAD = (
    "Article", "Address", "Topic", "For", "State", "Last checked", "Look again by", "Said yes", "Said yes or no", "Share yes",
    "Share from", "Share to", *(f"Yes: {label}" for label in Where.labels), "Cases used on", "Cases read in vain before", "Stale because",
)  # fmt: skip
NOBODY = "There is no article yet. Articles are written in the console."


ONLY = "Articles are read by everybody’s customers: there is no figure of one team. You see those of the teams set for you."


def told(at: datetime, *, by: User) -> dict[str, Any]:
    """What the page takes: a sentence, the share that needed no case, a row for each article, the stale ones first.

    Nothing for who sees figures of some teams only.
    """
    if by.figures_by_team:
        return {"empty": ONLY}
    rows = [one for one in shelf(at) if one.article.archived_at is None]
    if not rows:
        return {"empty": NOBODY}
    solved, days = deflection(at), window(at)
    stale = [one for one in rows if one.stale]
    published = [one for one in rows if one.article.published_at]
    return {
        "sentence": sentence(solved, len(published), len(stale)),
        "solved": figure(solved),
        "answered": sum(one.fare.votes.hits for one in rows),
        "places": [(label, sum(one.fare.answered.get(place, 0) for one in rows)) for place, label in Where.choices],
        "used": sum(one.fare.used for one in rows),
        "stale": [line(one, days) for one in stale],
        "rows": [line(one, days) for one in sorted(published, key=lambda one: (-one.fare.votes.hits, one.text.title))],
        "days": WINDOW.days,
    }


def sentence(solved: Share, published: int, stale: int) -> str:
    """'12% of those who were shown articles while filing needed no case (7% to 19%). 3 of 12 articles want a look.'"""
    said = f"{share_words(solved)} of the visitors who were shown articles while filing said that one solved it ({interval_words(solved)})."  # fmt: skip
    if not solved.shown:
        said = "Fewer than 5 visitors were shown articles while filing: no share is shown."
    one = "article wants" if stale == 1 else "articles want"
    return f"{said} {stale} of {published} published {one} a look."


def figure(share: Share) -> dict[str, Any]:
    """A share with its interval and what it is a share of."""
    of = f"{share.hits} of {share.n}" if share.shown else ""
    return {"words": share_words(share), "interval": interval_words(share), "of": of}


def _behind(which: str, one: Shelved, days: Period) -> str:
    """The address of the cases behind a number of an article."""
    said = {"period": OWN, "from": days.first.isoformat(), "to": days.last.isoformat(), "which": which}
    return f"/insights/cases/?{urlencode(said | {'part': one.article.slug})}"


def line(one: Shelved, days: Period) -> dict[str, Any]:
    """An article in the table."""
    return {
        "article": one.article,
        "title": one.text.title,
        "topic": str(one.article.topic or "No topic"),
        "votes": figure(one.fare.votes),
        "used": cell(str(one.fare.used), _behind(USED, one, days) if one.fare.used else ""),
        "tried": cell(str(one.fare.tried), _behind(TRIED, one, days) if one.fare.tried else ""),
        "why": [WHY_STALE[why] for why in one.stale],
    }


def csv_lines(at: datetime) -> Iterator[str]:
    """A head, then a row for each article; votes of fewer than five are left empty."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEAD)
    for one in shelf(at):
        yield writer.writerow([safe(value) for value in csv_row(one)])


def csv_row(one: Shelved) -> list[Any]:
    article, votes = one.article, one.fare.votes
    state = "archived" if article.archived_at else "published" if article.published_at else "draft"
    low, high = votes.interval or ("", "")
    known = [votes.hits, votes.n, votes.value, low, high] if votes.shown else ["", votes.n, "", "", ""]
    places = [one.fare.answered.get(place, 0) if votes.shown else "" for place in Where.values]
    return [
        one.text.title, f"/help/{article.slug}/", str(article.topic or ""), article.audience, state, article.checked_on or "",
        article.review_by or "", *(round(value, 4) if isinstance(value, float) else value for value in known), *places,
        one.fare.used, one.fare.tried, "; ".join(WHY_STALE[why] for why in one.stale),
    ]  # fmt: skip
