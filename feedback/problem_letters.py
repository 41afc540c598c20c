"""The letters of known problems (C21): the link that proves an address, and what is said of a problem, once a person.

Links are signed, not stored: they name the follower's row and what they are for, and stop counting with the row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from escalation import letters
from escalation.models import Notice
from feedback.models import KnownProblem, ProblemFollower
from feedback.problems import followers

NEWS, ASKED = "problem_news", "follow_problem"
CONFIRM, LEAVE = "confirm", "leave"  # what a link is for
SALT = "milepost.problem"


def token_of(follower: ProblemFollower, purpose: str, key: str | None = None) -> str:
    """The secret of a follower's link for `purpose`."""
    said = f"{purpose}:{follower.pk}:{follower.asked_at.isoformat()}"
    return f"{follower.pk}-{salted_hmac(SALT, said, secret=key, algorithm='sha256').hexdigest()}"


def follower_of(token: str, purpose: str) -> ProblemFollower | None:
    """The follower behind a link; None for whatever we did not make."""
    number = token.partition("-")[0]
    if not (number.isascii() and number.isdecimal() and len(number) < 16):
        return None
    found = ProblemFollower.objects.select_related("problem", "user").filter(pk=int(number)).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    fits = found and any(constant_time_compare(token, token_of(found, purpose, key)) for key in keys)
    return found if fits else None


# Owing --------------------------------------------------------------------------------------------------------


def news_notices(problem: KnownProblem, *, at: datetime, only: ProblemFollower | None = None) -> None:
    """A letter about the newest update owed to every follower, or to `only`; to nobody twice."""
    wanted = followers(problem).select_related("user")
    wanted = wanted.filter(pk=only.pk) if only else wanted
    about, said = f"{problem.pk}:{problem.latest}", {"number": problem.latest}
    owed = [_notice(NEWS, about, one, said, at) for one in wanted]
    Notice.objects.bulk_create(owed, ignore_conflicts=True)


def asked_notice(follower: ProblemFollower, *, at: datetime) -> None:
    """The letter with the link, at most one an hour however often somebody presses."""
    owed = _notice(ASKED, f"{follower.pk}:{at:%Y%m%d%H}", follower, {}, at)
    Notice.objects.bulk_create([owed], ignore_conflicts=True)


def _notice(kind: str, about: str, follower: ProblemFollower, said: dict[str, Any], at: datetime) -> Notice:
    owed = letters.to_staff(kind, about, follower.user, {"follower": follower.pk, **said}, at)
    owed.to_customer = True
    return owed


# Writing ------------------------------------------------------------------------------------------------------


def compose_asked(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter with the link says; to an address nobody has proved, so it greets nobody by name."""
    follower = _follower(notice)
    if follower.problem.is_over:
        raise letters.NotNeeded("The problem is over.")
    token = token_of(follower, CONFIRM)
    link = f"{settings.BASE_URL}/problems/confirm/{token}/"
    return {"problem": follower.problem, "link": link, "secrets": [token]}


def compose_news(notice: Notice, now: datetime) -> dict[str, Any]:
    """What a letter about an update says. Raises NotNeeded when more has been said, or the person has left."""
    follower = _follower(notice)
    problem, number = follower.problem, notice.data["number"]
    if problem.latest != number:
        raise letters.NotNeeded("More has been said since; that letter says it.")
    if follower.left_at or not follower.user.wants_problems:
        raise letters.NotNeeded("The person does not want these letters any more.")
    update = problem.updates.get(number=number)
    token, zone = token_of(follower, LEAVE), letters.zone_of(follower.user)
    return {
        "problem": problem,
        "subject_words": _("%(problem)s: %(state)s") % {"problem": problem.title, "state": update.get_state_display()},
        "update": update,
        "next": letters.spell(update.next_at, zone),
        "link": f"{settings.BASE_URL}/problems/{problem.slug}/",
        "leave": f"{settings.BASE_URL}/problems/leave/{token}/",
        "secrets": [token],
    }


def _follower(notice: Notice) -> ProblemFollower:
    found = ProblemFollower.objects.select_related("problem", "user").filter(pk=notice.data["follower"]).first()
    if found is None:
        raise letters.NotNeeded("The person does not follow it any more.")
    return found


COMPOSERS = {NEWS: compose_news, ASKED: compose_asked}
