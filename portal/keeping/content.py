"""Everything that is one person's, as data, as a page to read, and as files: what goes into the copy they take away.

Nothing of others: no internal note, no colleague but by first name, no letter to anybody else.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cases import brand, theirs
from cases.access import Viewer
from cases.models import Attachment, Case, Category, Message, Product, User
from cases.models.event import stamp
from escalation.letters import zone_of
from escalation.models import InboundMail, Notice
from feedback.models import Interim, Recommendation, Survey
from portal.filing_steps import FORMS
from portal.presenters.export import export

FORMAT = 1
#: Parts of a case whose rows say when.
DATED = ("messages", "events", "on_the_way")
#: What is said of a person, in the order it is shown; each is a field of `User`.
DETAILS = (
    "name", "email", "phone", "language", "time_zone", "contact_needs", "progress_mail", "digest_at",
    "wants_surveys", "wants_news", "wants_problems", "joined_at",
)  # fmt: skip
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
)
STYLE += "dt{font-weight:600}.said{white-space:pre-line}h2{margin-top:2.5rem;border-top:1px solid;padding-top:1rem}"


def cases_of(person: User) -> list[Case]:
    """The cases somebody told us about, oldest first; not those they only work on."""
    mine = Case.objects.visible_to(Viewer(person)).filter(customer=person)
    return list(mine.select_related("category", "team", "owner", "customer").order_by("filed_at", "pk"))


def write(person: User, out: IO[bytes], *, at: datetime) -> None:
    """Writes the zip of everything that is `person`'s as of `at` to `out`."""
    with translation.override(person.language), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        made = collect(person, at=at)
        for name, content in _files(made):
            archive.writestr(name, content)
        archive.writestr("data.json", json.dumps(made, ensure_ascii=False, indent=1, default=str))
        context = _readable(made, zone_of(person)) | {"brand": brand.current()}
        archive.writestr("index.html", render_to_string("copy/index.html", context))
        archive.writestr("style.css", STYLE)


def collect(person: User, *, at: datetime) -> dict[str, Any]:
    """Everything but the bytes of the files, as JSON's kinds."""
    cases, zone = cases_of(person), zone_of(person)
    surveys = {survey.case_id: survey for survey in Survey.objects.filter(case__in=cases, answered_at__isnull=False)}
    on_the_way = _on_the_way(cases)
    told = [
        export(case, for_customer=True, house=brand.current().name, zone=zone, at=at)
        | {"survey": _survey(surveys.get(case.pk)), "on_the_way": on_the_way[case.pk]}
        | {"files": _enclosed(theirs.files_of(case), case.reference)}
        for case in cases
    ]
    details = {field: _plain(getattr(person, field)) for field in DETAILS}
    drafts = [draft.answers for draft in theirs.drafts_of(person)]
    return {
        "format": FORMAT,
        "made_at": stamp(at),
        "details": details,
        "cases": told,
        "recommending": _recommending(person),
        "said_elsewhere": _elsewhere(person),
        "letters": _letters(person),
        "mails": _mails(person),
        "drafts": drafts,
    }


def _readable(made: dict[str, Any], zone: str) -> dict[str, Any]:
    """The same with instants as a person reads them, in their zone, and names for the details."""
    words = {
        "name": _("Name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "language": _("Language"),
        "time_zone": _("Time zone"),
        "contact_needs": _("How best to contact you"),
    }
    cases = [
        case | {part: [row | {"at": _local(row["at"], zone)} for row in case[part]] for part in DATED}
        for case in made["cases"]
    ]
    return {
        "labelled": [(words[name], made["details"][name]) for name in words],
        "cases": cases,
        "recommending": [row | {"at": _local(row["at"], zone)} for row in made["recommending"]],
        "elsewhere": made["said_elsewhere"]
        | {"messages": [row | {"at": _local(row["at"], zone)} for row in made["said_elsewhere"]["messages"]]},
        "letters": [letter | {"at": _local(letter["at"], zone)} for letter in made["letters"]],
        "mails": [mail | {"at": _local(mail["at"], zone)} for mail in made["mails"]],
        "drafts": [_begun(answers) for answers in made["drafts"]],
        "zone": zone,
    }


def _begun(answers: dict[str, Any]) -> list[tuple[str, str]]:
    """What was answered of a draft, with the words of each question and of each choice; a topic by its name."""
    asked = {name: field for form in FORMS.values() for name, field in form.base_fields.items()}
    names = dict(Category.objects.values_list("slug", "name")) | dict(Product.objects.values_list("slug", "name"))
    told = []
    for name, said in answers.items():
        if said and name in asked and not asked[name].widget.is_hidden:
            choices = names if name in ("category", "product") else dict(getattr(asked[name], "choices", ()))
            told.append((str(asked[name].label), str(choices.get(said, said))))
    return told


def _local(text: str, zone: str) -> str:
    """`2026-01-12 10:00` in `zone`: the same in every language, and it sorts."""
    return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _plain(value: Any) -> Any:
    return stamp(value) if isinstance(value, datetime) else value if isinstance(value, bool) else str(value)


def _survey(survey: Survey | None) -> dict[str, Any] | None:
    """All that was answered, whatever is asked by then: every field but those that are ours."""
    if survey is None:
        return None
    ours = ("id", "is_drill", "case")
    return {f.name: _plain(f.value_from_object(survey)) for f in survey._meta.local_fields if f.name not in ours}


def _on_the_way(cases: list[Case]) -> dict[int, list[dict[str, Any]]]:
    """What they answered while their cases were under way, by case."""
    said: dict[int, list[dict[str, Any]]] = {case.pk: [] for case in cases}
    for one in Interim.objects.filter(case__in=cases, answered_at__isnull=False).order_by("answered_at", "pk"):
        said[one.case_id].append({"at": _plain(one.answered_at), "milestone": one.milestone, "score": one.score})
    return said


def _recommending(person: User) -> list[dict[str, Any]]:
    """Whether they would recommend us, whenever they answered that."""
    rows = Recommendation.objects.filter(person=person, answered_at__isnull=False).order_by("answered_at", "pk")
    return [{"at": _plain(one.answered_at), "score": one.score, "why": one.why} for one in rows]


def _elsewhere(person: User) -> dict[str, Any]:
    """What they wrote and sent on cases they were added to: their own words alone, the rest is of others."""
    mine = Message.objects.filter(author=person, from_customer=True).exclude(case__customer=person)
    said = mine.select_related("case").order_by("at", "pk")
    return {
        "messages": [{"at": stamp(one.at), "reference": one.case.reference, "text": one.text} for one in said],
        "files": _enclosed(theirs.files_elsewhere(person), "elsewhere"),
    }


def _letters(person: User) -> list[dict[str, Any]]:
    """What we wrote to them as a customer, as it was kept: without the secrets."""
    sent = Notice.objects.filter(recipient=person, to_customer=True, sent_at__isnull=False).order_by("sent_at", "pk")
    return [
        {"at": stamp(one.sent_at), "to": one.address, "subject": one.subject, "text": one.body}
        for one in sent
        if one.sent_at
    ]


def _mails(person: User) -> list[dict[str, Any]]:
    """E-mails from their address that wait for a colleague: of the others no words are kept but on their cases."""
    waiting = InboundMail.objects.filter(sender__iexact=person.email).order_by("at", "pk")
    return [{"at": stamp(one.at), "subject": one.subject, "text": one.text} for one in waiting]


def _enclosed(files: Iterable[Attachment], folder: str) -> list[dict[str, Any]]:
    """What is said of files, and where in the zip each lies."""
    return [
        {"id": str(file.pk), "name": file.name, "description": file.description, "at": stamp(file.at)}
        | {"path": f"files/{folder}/{number:02d}-{file.name}"}
        for number, file in enumerate(files, start=1)
    ]


def _files(made: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The bytes, one file at a time; what the storage has lost is said in the data instead."""
    for part in (*made["cases"], made["said_elsewhere"]):
        for file in part["files"]:
            content = theirs.bytes_of(file.pop("id"))
            if content is None:
                file["path"] = None
            else:
                yield file["path"], content
