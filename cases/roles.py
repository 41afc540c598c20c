"""The roles of staff as groups with permissions; put in place by the first migration and by tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps

#: Group -> (app label, model, permission codename).
ROLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Agents": (
        ("cases", "case", "view_case"),
        ("feedback", "article", "write_articles"),
    ),
    "Supervisors": (
        ("cases", "case", "view_case"),
        ("cases", "case", "supervise"),
        ("cases", "case", "view_restricted"),
        ("cases", "brandrevision", "edit_brand"),
        ("feedback", "knownproblem", "run_problems"),
        ("feedback", "postmortem", "run_post_mortems"),
        ("feedback", "improvement", "decide_improvements"),
        ("feedback", "training", "give_training"),
        ("cases", "savedreply", "write_replies"),
        *(
            ("cases", model, f"{act}_{model}")
            for model in ("skill", "personskill")
            for act in ("view", "add", "change")
        ),
        ("cases", "playbookrevision", "write_playbooks"),
        ("feedback", "survey", "view_insights"),
        ("feedback", "article", "write_articles"),
        ("feedback", "article", "publish_articles"),
        ("escalation", "notice", "view_notice"),
        ("escalation", "notice", "change_notice"),
        ("cases", "case", "read_audit"),
        ("escalation", "protocolversion", "view_protocolversion"),
    ),
    "Protocol authors": (
        ("cases", "case", "view_case"),
        ("cases", "savedreply", "write_replies"),
        ("cases", "playbookrevision", "write_playbooks"),
        ("escalation", "protocolversion", "view_protocolversion"),
        ("escalation", "protocolversion", "write_protocol"),
    ),
    "Trainers": (
        ("cases", "case", "view_case"),
        ("cases", "savedreply", "write_replies"),
        ("feedback", "article", "write_articles"),
        ("feedback", "article", "publish_articles"),
        ("feedback", "training", "give_training"),
        ("escalation", "protocolversion", "view_protocolversion"),
    ),
    # Read everything and do nothing: no case is handed to them, and no act on one is open to them.
    "Auditors": (
        ("cases", "case", "read_audit"),
        ("cases", "case", "view_restricted"),
        ("cases", "user", "view_user"),
        ("cases", "team", "view_team"),
        ("cases", "category", "view_category"),
        ("cases", "product", "view_product"),
        ("cases", "organisation", "view_organisation"),
        ("auth", "group", "view_group"),
        ("escalation", "notice", "view_notice"),
        ("escalation", "protocolversion", "view_protocolversion"),
        ("feedback", "survey", "view_insights"),
    ),
    # Who may add people, teams and topics; nobody makes somebody a superuser who is none.
    "Administrators": (
        ("auth", "group", "view_group"),
        *(
            ("cases", model, f"{act}_{model}")
            for model in ("user", "team", "category", "product", "organisation")
            for act in ("view", "add", "change")
        ),
    ),
    "Managers": (
        ("feedback", "survey", "view_insights"),
        ("feedback", "survey", "view_handlers"),
        ("feedback", "improvement", "decide_improvements"),
    ),
}


def install_roles(get_model: Callable[[str, str], Any] = apps.get_model) -> None:
    """Makes the groups and the permissions they need; what is there stays. A handful of questions, however many there are."""
    kinds, permissions, groups = _kinds(get_model), get_model("auth", "Permission"), get_model("auth", "Group")
    wanted = {(kinds[app, model], codename) for rows in ROLES.values() for app, model, codename in rows}
    of_ours = permissions.objects.filter(content_type__in=set(kinds.values()))
    known = set(of_ours.values_list("content_type", "codename"))
    permissions.objects.bulk_create(
        permissions(content_type_id=kind, codename=codename, name=codename.replace("_", " ").capitalize())
        for kind, codename in sorted(wanted - known)
    )
    ids = {(kind, codename): pk for pk, kind, codename in of_ours.values_list("pk", "content_type", "codename")}
    named = set(groups.objects.filter(name__in=ROLES).values_list("name", flat=True))
    groups.objects.bulk_create(groups(name=role) for role in ROLES if role not in named)
    numbers = dict(groups.objects.filter(name__in=ROLES).values_list("name", "pk"))
    through = groups.permissions.through
    through.objects.bulk_create(
        (
            through(group_id=numbers[role], permission_id=ids[kinds[app, model], codename])
            for role, rows in ROLES.items()
            for app, model, codename in rows
        ),
        ignore_conflicts=True,
    )


def _kinds(get_model: Callable[[str, str], Any]) -> dict[tuple[str, str], int]:
    """The number of each kind of row the roles are about; what is missing is made."""
    content_type = get_model("contenttypes", "ContentType")
    pairs = {(app, model) for rows in ROLES.values() for app, model, _ in rows}
    known = content_type.objects.filter(app_label__in={app for app, _ in pairs})
    there = set(known.values_list("app_label", "model"))
    content_type.objects.bulk_create(content_type(app_label=app, model=model) for app, model in sorted(pairs - there))
    return {(app, model): pk for pk, app, model in known.values_list("pk", "app_label", "model")}
