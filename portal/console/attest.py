"""Read and understood: what changed in a version, three questions on it, and who has not read it yet."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases.models import User
from escalation import attesting
from escalation.models import Attestation, ProtocolVersion
from escalation.quiz import LEVEL, MONEY, Question
from escalation.reading import parse
from portal.console.protocol_words import Names, between
from portal.forms import Plain, choice

READ_ON = "Not right. Read that part again, then choose once more."


def urls(site: AdminSite) -> list[URLPattern]:
    """The page of a version to read; for all who work on cases."""
    return [path("protocol/read/<int:pk>/", site.admin_view(partial(page, site=site)), name="protocol_read")]


class Answers(Plain):
    """Three questions, each with its choices in order of size."""

    def __init__(self, *args: Any, asked: tuple[Question, ...], names: Names, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for number, question in enumerate(asked):
            said = [(str(value), spelled(question, value, names, currency)) for value in question.choices]
            self.fields[f"q{number}"] = choice(question.ask, said, wrong="Choose an answer.")

    def answers(self) -> dict[str, int]:
        return {one.id: int(self.cleaned_data[f"q{number}"]) for number, one in enumerate(self.asked)}

    def mark(self, wrong: tuple[str, ...]) -> None:
        """Says of each wrong answer that it is."""
        for number, question in enumerate(self.asked):
            if question.id in wrong:
                self.add_error(f"q{number}", READ_ON)


def spelled(question: Question, value: int, names: Names, currency: str) -> str:
    """A choice as people say it."""
    if question.unit == LEVEL:
        return f"Level {value}"
    if question.unit == MONEY:
        return f"{value:,} {currency}".strip()
    return names.spell(value, question.calendar)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """Shows the version's changes and questions, or takes a try; only a version in force is read."""
    version = get_object_or_404(ProtocolVersion, pk=pk, status=attesting.IN_FORCE)
    frame = site.each_context(request)
    names, protocol = Names.read(frame["now"]), parse(version.label, version.document)
    asked = attesting.ask(version, at=frame["now"])
    data = request.POST if request.method == "POST" else None
    form = Answers(data, asked=asked, names=names, currency=protocol.currency)
    if request.method == "POST" and form.is_valid():
        marked = attesting.attest(version, request.user, form.answers(), frame["now"])  # type: ignore[arg-type]
        if marked.attested:
            messages.success(request, f"All three are right. You have read and understood {version.label}.")
            return HttpResponse(status=303, headers={"Location": reverse("admin:index")})
        form.mark(marked.wrong)
    earlier = attesting.before(version)
    old = parse(earlier.label, earlier.document) if earlier else None
    own = Attestation.objects.filter(version=version, person=request.user.pk).first()
    context = frame | {
        "title": "Read and understood",
        "version": version,
        "protocol": protocol,
        "base": earlier,
        "changes": between(old, protocol, names),
        "form": form,
        "own": own,
        "why_not": attesting.may_take_duty(request.user, frame["now"]),  # type: ignore[arg-type]
        "days": attesting.GRACE.days,
        "others": readers(version) if frame["actor"].supervises else None,
    }
    return TemplateResponse(request, "console/attest.html", context, status=422 if form.errors else 200)


def readers(version: ProtocolVersion) -> dict[str, Any]:
    """Who has read it and who has not, for supervisors."""
    rows = {row.person_id: row for row in Attestation.objects.filter(version=version)}
    people: list[User] = list(attesting.concerned(version))
    done = [{"person": one, "at": rows[one.pk].at, "tries": rows[one.pk].tries} for one in people if _read(rows, one)]
    missing = [
        {"person": one, "tries": rows[one.pk].tries if one.pk in rows else 0} for one in people if not _read(rows, one)
    ]
    return {"done": done, "missing": missing, "all": len(people)}


def _read(rows: dict[int, Attestation], person: User) -> bool:
    return person.pk in rows and rows[person.pk].at is not None
