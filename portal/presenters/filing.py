"""What filing shows: the answers row by row with the way to change each, and the line that says call first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.models import Attachment, Category, Draft, Impact, Reach, User
from portal.filing_forms import language_name

Row = dict[str, Any]


def answer_rows(draft: Draft, said: dict[str, Any], files: Sequence[Attachment], person: User | None) -> list[Row]:
    """Question, answer and where to change it; what was left open says so."""
    product = said.get("product")
    rows = [_row(_("What it is about"), str(said["category"]), "topic")]
    if "product" in said:
        rows.append(_row(_("Product or service"), str(product) if product else "", "topic"))
    needed = date_format(said["needed_by"], "l, j F Y") if said.get("needed_by") else ""
    rows += [
        _row(_("How it affects you"), str(Impact(said["impact"]).label), "impact"),
        _row(_("Who is affected"), str(Reach(said["reach"]).label) if said.get("reach") else "", "impact"),
        _row(_("Needed by"), needed, "impact", said.get("needed_why", "")),
        _row(_("In a few words"), said["title"], "details"),
        _row(_("What happened"), said["description"], "details"),
        _row(_("What would put it right"), said["expectation"], "details"),
        _row(_("Files"), "\n".join(f"{file.name} ({filesizeformat(file.size)})" for file in files), "files"),
    ]
    return rows + (_known(person) if person else _contact(said))


def _contact(said: dict[str, Any]) -> list[Row]:
    call = ""
    if said.get("call_me"):
        call = said["call_hours"] or _("Yes, at any of your hours")
    rows = [
        _row(_("Your name"), said["name"], "contact"),
        _row(_("E-mail"), said["email"], "contact") | {"large": True},
        _row(_("Phone"), said["phone"], "contact"),
        _row(_("Call me"), call, "contact"),
    ]
    if said.get("language"):
        rows.append(_row(_("Language"), language_name(said["language"]), "contact"))
    return rows


def _known(person: User) -> list[Row]:
    """Who is signed in gave it before; it is changed in the account."""
    known = {"url": "/account/"}
    return [
        _row(_("Your name"), person.name, "") | known,
        _row(_("E-mail"), person.email, "") | known | {"large": True},
        _row(_("Phone"), person.phone, "") | known,
    ]


def _row(label: str, value: str, step: str, more: str = "") -> Row:
    return {"label": label, "value": value, "more": more, "url": f"/cases/new/{step}/"}


def urgent_line(draft: Draft | None) -> str:
    """What a topic of safety or of money that is leaving says first; empty for all others."""
    slug = str(draft.answers.get("category", "")) if draft else ""
    line = Category.objects.filter(slug=slug).values_list("urgent_line", flat=True).first() if slug else None
    return line or ""


def draft_row(draft: Draft) -> Row:
    """A draft in a list of cases."""
    title = str(draft.answers.get("title") or "") or _("A problem you have not described yet")
    return {"pk": draft.pk, "title": title, "saved_at": draft.saved_at, "until": draft.expires_at}
