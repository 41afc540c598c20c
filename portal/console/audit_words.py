"""What the rows of the audit say: titles, old and new values, and from where, in words staff know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.urls import reverse

from cases.lifecycle import State
from cases.models import Event, Severity, StaffAct, Team, User
from portal.console.events import EVENTS
from portal.console.timeline import actor_name, event_title

#: What a row of the stock pages is called.
THINGS = {
    "cases_user": "Person", "cases_team": "Team", "cases_category": "Topic", "cases_product": "Product",
    "cases_organisation": "Company", "auth_group": "Role", "cases_skill": "Skill", "cases_personskill": "Training",
}  # fmt: skip
#: Acts of staff by the name of the page they were done on.
ACTS = {
    "signed_in": "Signed in",
    "audit_csv": "Audit downloaded",
    "insights_report": "Progress report of several cases downloaded",
    "api_key_made": "Key for programs made",
    "api_key_revoked": "Key for programs taken back",
    "insights_csv": "Cases behind a figure downloaded, with names",
    "opened_restricted": "Restricted case opened",
    "auth_user_password_change": "Password set for somebody",
    **{f"{key}_add": f"{words} added" for key, words in THINGS.items()},
    **{f"{key}_change": f"{words} changed" for key, words in THINGS.items()},
    "brand": "Brand changed",
    "start": "Checklist of the first run",
    "article_new": "Article begun",
    "article_edit": "Article changed",
    "article_publish": "Article published",
    "article_archive": "Article archived",
    "article_restore": "Article restored",
    "article_checked": "Article checked",
    "article_use": "Article used",
    "article_from_case": "Article made from a case",
    "reply_new": "Saved reply added",
    "reply_edit": "Saved reply changed",
    "reply_retire": "Saved reply retired",
    "reply_bring_back": "Saved reply brought back",
    "playbook": "Playbook changed",
    "remedy_new": "Remedy added",
    "remedy_edit": "Remedy changed",
    "remedy_retire": "Remedy retired or brought back",
    "low_score": "Low score answered",
    "follow_up": "Follow-up done or skipped",
    "worth_mark": "Case marked as worth repeating",
    "scenario": "Practice case written",
    "lesson_new": "Lesson written",
    "themes": "Theme added",
    "theme": "Theme changed",
    "theme_retire": "Theme retired or brought back",
    "words_tags": "Comment given themes",
    "theme_agreement": "Comments given to a second reader",
    "training_new": "Training given",
    "training": "Training done",
    "second_look": "Comment read a second time",
    "lesson": "Lesson answered or done",
    "retro": "Retro answered or skipped",
    "quality_review": "Quality review scored or answered",
    "meeting_pack": "Minutes of a meeting kept",
    "meeting_action": "Action of a meeting ticked off",
    "improvement_new": "Improvement proposed",
    "improvement_evidence": "Evidence added to an improvement",
    "improvement_decide": "Improvement agreed or declined",
    "improvement_version": "Improvement linked with a version",
    "improvement_done": "Improvement done",
    "improvement_check": "Improvement checked",
    "post_mortem": "Post-mortem written or closed",
    "post_mortem_offer": "Apology with an alternative sent",
    "post_mortem_measure": "Measure of a post-mortem added",
    "post_mortem_measure_done": "Measure of a post-mortem done, verified or opened again",
    "post_mortem_try": "Version tried for a post-mortem",
    "case_post_mortem": "Post-mortem opened by hand",
    "problem_new": "Known problem added",
    "problem": "Known problem changed",
    "case_problem": "Case linked with a known problem",
    "cover_leave_add": "Leave added",
    "cover_shift_add": "Shift added",
    "cover_swap_add": "Swap added",
    "cover_cap_add": "Load limit set",
    "cover_zone": "Rota’s zone changed",
    "cover_leaving": "Leaving begun",
    "cover_leaver": "Leaving: cases handed over",
    "protocol_adopt": "Open cases moved to another version",
    "protocol_read": "Protocol read and understood",
    "plan_review": "Plan reviewed",
    "backtest": "Back-test asked for",
    "mail_one": "E-mail dealt with",
    "mail_aside": "E-mail set aside",
    "escalation_notice_again": "Message sent again",
    "bulk": "Act on many cases begun",
    "bulk_result": "Act on many cases let go on",
    "view_new": "View saved",
    "view": "View changed or deleted",
}
NOT_KNOWN = "-"


def act_title(kind: str) -> str:
    """What an act is called; an unknown kind says its own name."""
    if kind in ACTS:
        return ACTS[kind]
    for start, words in (("escalation_protocolversion_", "Protocol: "), ("escalation_calendarversion_", "Calendar: ")):
        if kind.startswith(start):
            return words + kind.removeprefix(start).replace("_", " ")
    return kind.replace("_", " ").capitalize()


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be asked for, in two groups."""
    events = sorted((kind, words[1].capitalize()) for kind, words in EVENTS.items())
    acts = sorted(ACTS.items(), key=lambda one: one[1])
    return [("Acts of staff", acts), ("Events of cases", sorted(events, key=lambda one: one[1]))]


def in_pieces(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most `size` rows."""
    while piece := list(islice(rows, size)):
        yield piece


def rows(found: Sequence[Event | StaffAct]) -> list[dict[str, Any]]:
    """The rows with their words; people and teams that values name are looked up at once."""
    people = User.objects.in_bulk(set(_people_in(found)))
    teams = dict(Team.objects.values_list("slug", "name"))
    return [_event(one, people, teams) if isinstance(one, Event) else _act(one, people) for one in found]


def _event(event: Any, people: dict[int, User], teams: dict[str, str]) -> dict[str, Any]:
    return {
        "at": event.recorded_at,
        "what": event_title(event),
        "url": reverse("admin:cases_event_change", args=[event.pk]),
        "who": actor_name(event),
        "role": str(event.get_role_display()),
        "case": event.case,
        "reference": event.case.reference,
        "about": "",
        "changes": moved(event.data, event.before, people, teams),
        "origin": event.origin or "",
    }


def _act(act: StaffAct, people: dict[int, User]) -> dict[str, Any]:
    return {
        "at": act.at,
        "what": act_title(act.kind),
        "url": "",
        "who": str(act.actor),
        "role": str(Event.Role.STAFF.label),
        "case": act.case,
        "reference": act.case.reference if act.case else "",
        "about": str(act.person) if act.person else act.about,
        "changes": [_change(one, people) for one in act.changes],
        "origin": act.address,
    }


def _change(one: dict[str, Any], people: dict[int, User]) -> str:
    if "new" not in one:
        return f"{one['field']}: changed" if "old" not in one else str(one["field"])
    return f"{one['field']}: {_value(one['old'], people)} → {_value(one['new'], people)}"


def _value(value: Any, people: dict[int, User]) -> str:
    if isinstance(value, dict):
        return ", ".join(str(people.get(pk, "somebody")) for pk in value.get("people", ())) or "no one"
    return str(value) or "nothing"


def moved(
    now: dict[str, Any], before: dict[str, Any] | None, people: dict[int, User], teams: dict[str, str]
) -> list[str]:
    """Old and new of what an event changed on its case, a line each; of a first event its state alone."""
    lines = []
    if now.get("from") and now.get("to") and now["from"] != now["to"]:
        lines.append(f"State: {State(now['from']).label} → {State(now['to']).label}")
    if before is None:
        return lines
    named: dict[str, tuple[str, Callable[[Any], str]]] = {
        "severity": ("Severity", lambda v: str(Severity(v).label)),
        "tier": ("Level", str),
        "team": ("Team", lambda v: teams.get(v, v or "no team")),
        "owner": ("Owner", lambda v: str(people.get(v, "somebody")) if v else "no one"),
    }
    return lines + [
        f"{label}: {say(before[key])} → {say(now[key])}"
        for key, (label, say) in named.items()
        if key in now and key in before and now[key] != before[key]
    ]


def _people_in(found: Iterable[Any]) -> Iterator[int]:
    for one in found:
        if isinstance(one, Event):
            for data in (one.data, one.before or {}):  # type: ignore[attr-defined]
                if data.get("owner"):
                    yield data["owner"]
        else:
            for change in one.changes:
                for value in (change.get("old"), change.get("new")):
                    if isinstance(value, dict):
                        yield from value.get("people", ())
