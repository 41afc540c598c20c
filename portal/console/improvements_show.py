"""What the pages of improvements say: a row of the list, what led to one, its figure before and after, and the desk's lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from cases.models import User
from escalation.models import ProtocolVersion
from escalation.permits import Actor
from feedback import improvements
from feedback.improvements import DECIDE, State, day_of
from feedback.intervals import Share
from feedback.measures import MEASURES
from feedback.models import Improvement
from portal.console.other_languages import languages
from portal.console.words import make_tag
from portal.insights.words import change_words, days_words, interval_words, share_words

TAGS = {
    State.IDEA: ("ring", "neutral", "Waits for a decision"),
    State.AGREED: ("half", "progress", "Agreed"),
    State.DECLINED: ("square", "neutral", "Declined"),
    State.DONE: ("tick", "good", "Done"),
    State.CHECKED: ("tick", "good", "Done and checked"),
}


def tag_of(one: Improvement, now: datetime) -> dict[str, str]:
    """Where it stands, as a tag."""
    if one.state == State.IDEA and one.decide_by <= now:
        return make_tag("diamond", "late", "Decision overdue")
    if one.state == State.AGREED and one.due_on and one.due_on < day_of(now):
        return make_tag("diamond", "late", "Overdue")
    if one.state == State.DONE and improvements.check_from(one) <= now:
        return make_tag("triangle", "soon", "To be checked")
    return make_tag(*TAGS[State(one.state)])


def row(one: Improvement, now: datetime) -> dict[str, Any]:
    """An improvement as a list shows it."""
    return {"one": one, "tag": tag_of(one, now), "page": reverse("admin:improvement", args=[one.pk])}


def page_of(one: Improvement, user: User, now: datetime) -> dict[str, Any]:
    """All that the page of one says."""
    is_done = one.state in (State.DONE, State.CHECKED)
    check_from = improvements.check_from(one) if is_done else None
    context = {
        "title": one.title,
        "one": one,
        "tag": tag_of(one, now),
        "led": improvements.evidence_of(one, user),
        "figure": MEASURES[one.figure] if one.figure else None,
        "sides": sides(one, now, to=user),
        "of_all_teams": user.figures_by_team,
        "check_from": check_from,
        "acts": acts_of(one, user, now),
    }
    if is_done and one.sentence:
        names = languages()
        others = [(code, names.get(code, code), said["sentence"]) for code, said in one.translations.items()]
        context |= {"told": improvements.told(one), "on_the_way": improvements.being_told(one), "others": others}
    elif not is_done:
        context["to_tell"] = improvements.to_tell(one).count()
    return context


def sides(one: Improvement, now: datetime, *, to: User) -> dict[str, Any] | None:
    """The figure before and after with intervals and what they allow to say; None until it can be checked.

    None to who sees figures of some teams only: it is counted of all.
    """
    if to.figures_by_team:
        return None
    if one.state == State.CHECKED:
        before, after = Share(one.before_hits, one.before_n), Share(one.after_hits, one.after_n)
    elif one.state == State.DONE and improvements.check_from(one) <= now:
        counted = improvements.figure_of(one, at=now)
        before, after = counted.before, counted.now
    else:
        return None
    period = improvements.after(one)
    return {
        "rows": [
            {"label": f"{improvements.DAYS} days before", "days": days_words(period.before()), **_words(before)},
            {"label": f"{improvements.DAYS} days after", "days": days_words(period), **_words(after)},
        ],
        "verdict": change_words(after, before, period.against) or "There is nothing to compare",
    }


def _words(share: Share) -> dict[str, Any]:
    return {"share": share_words(share), "interval": interval_words(share), "n": share.n}


def acts_of(one: Improvement, user: User, now: datetime) -> dict[str, bool]:
    """What this person may do with it now."""
    works, leads = user.has_perm("cases.view_case"), user.has_perm(DECIDE)
    may = improvements.may_act(one, user)
    state = one.state
    return {
        "decide": leads and state == State.IDEA,
        "evidence": (works or leads) and state in (State.IDEA, State.AGREED),
        "version": (works or leads) and state in (State.IDEA, State.AGREED, State.DONE),
        "done": may and state == State.AGREED,
        "check": may and state == State.DONE and improvements.check_from(one) <= now,
    }


def of_version(version: ProtocolVersion, user: User) -> list[dict[str, Any]]:
    """What led to a version of the protocol: its improvements, each with its evidence as this reader may see it."""
    rows = improvements.led_to(version)
    return [{"one": one, "page": reverse("admin:improvement", args=[one.pk]), "led": improvements.evidence_of(one, user)} for one in rows]  # fmt: skip


# Around the cases ---------------------------------------------------------------------------------------------


def desk(actor: Actor, now: datetime) -> list[dict[str, str]]:
    """Decisions that are late, for leaders; what one was to have done; what is to be checked."""
    user, found = actor.user, []
    leads = user.has_perm(DECIDE)
    listed = reverse("admin:improvements")
    if leads and (late := improvements.overdue(now).count()):
        have = "1 improvement has" if late == 1 else f"{late} improvements have"
        found.append(_line("amber", f"{have} waited too long for a decision.", f"{listed}?show=idea", "Decide"))
    for one in improvements.late_work(user, now)[:3]:
        url = reverse("admin:improvement", args=[one.pk])
        found.append(
            _line("amber", f"“{one.title}” was to be done by {one.due_on:%-d %b}.", url, "Say that it is done")
        )
    for one in improvements.nobodys_work()[:3] if leads else ():
        url = reverse("admin:improvement", args=[one.pk])
        found.append(_line("amber", f"Who was to do “{one.title}” has left: it is nobody’s.", url, "Look after it"))
    mine = [one for one in improvements.to_check(now) if leads or one.owner_id == user.pk]
    if mine:
        are = "1 improvement is" if len(mine) == 1 else f"{len(mine)} improvements are"
        found.append(_line("plain", f"{are} 30 days old: did it help?", f"{listed}?show=done", "Check"))
    return found


def _line(tone: str, text: str, url: str, label: str) -> dict[str, str]:
    return {"tone": tone, "text": text, "url": url, "label": label}
