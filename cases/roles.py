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
    "Managers": (("feedback", "survey", "view_insights"),),
}


def install_roles(get_model: Callable[[str, str], Any] = apps.get_model) -> None:
    """Makes the groups and the permissions they need; what is there stays."""
    content_type = get_model("contenttypes", "ContentType")
    permission = get_model("auth", "Permission")
    for role, wanted in ROLES.items():
        group, _ = get_model("auth", "Group").objects.get_or_create(name=role)
        for app, model, codename in wanted:
            kind, _ = content_type.objects.get_or_create(app_label=app, model=model)
            name = codename.replace("_", " ").capitalize()
            row, _ = permission.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": name})
            group.permissions.add(row)
