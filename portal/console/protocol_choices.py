"""The page on which protocol counts for which case: the list in force, a question to try it with, and how it came about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cases.models import Category, Product, User
from escalation import choice_drafts
from escalation.book import DEFAULT
from escalation.choosing import Choice, choose
from escalation.models import ChoiceDraft, ProtocolChoice, ProtocolVersion
from escalation.publishing import NotPublishable
from portal.console.protocol_acts import refused
from portal.console.protocol_editing import see_other
from portal.forms import OneLine, Plain

Status = ChoiceDraft.Status
PER_PAGE = 20  # lists of the past on one page


class Parts(Plain):
    """What a case is chosen by."""

    product = forms.ModelChoiceField(Product.objects.none(), label="Product", required=False, empty_label="Any product")
    category = forms.ModelChoiceField(Category.objects.none(), label="Topic", required=False, empty_label="Any topic")
    segment = OneLine(
        label="Customer segment", max_length=40, required=False, help_text="Empty: any customer.",
        widget=forms.TextInput(attrs={"list": "segments", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["category"].queryset = Category.objects.filter(is_active=True)  # type: ignore[attr-defined]


class NewLine(Parts):
    """A further line at the end of a proposed list."""

    protocol = forms.ChoiceField(
        label="Protocol", error_messages={"required": "Choose a protocol.", "invalid_choice": "Choose a protocol."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = [("", "Choose a protocol"), *in_force().items()]  # type: ignore[attr-defined]

    def clean_segment(self) -> str:
        segment = self.cleaned_data["segment"]
        ProtocolChoice._meta.get_field("segment").run_validators(segment)
        return segment

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not any(said[name] for name in ("product", "category", "segment")):
            raise forms.ValidationError(
                "Choose a product, a topic or a segment: otherwise no line below would ever count."
            )
        return said


class TryIt(Parts):
    """A case one can ask about."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="try", **kwargs)
        for name, empty in (("product", "No product"), ("category", "No topic")):
            self.fields[name].empty_label = empty  # type: ignore[attr-defined]
        self.fields["segment"].help_text = "Empty: a customer without one."


def in_force() -> dict[str, str]:
    """Keys of protocols with a version in force, and their names."""
    published = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED).order_by("key")
    return {version.key: version.document.get("name") or version.key for version in published}


def choices_view(request: HttpRequest, frame: dict[str, Any], *, may_write: bool, sees_drafts: bool) -> HttpResponse:
    """The list; asking who gets what by GET, proposing a change by POST. The caller has checked who may."""
    form = Plain(request.POST) if request.method == "POST" else Plain()
    if form.is_bound and request.POST.get("press") == "propose":
        try:
            made = choice_drafts.propose(by=request.user, at=frame["now"])  # type: ignore[arg-type]
        except NotPublishable as why:
            refused(form, why)
        else:
            messages.success(request, "This is your proposal. Nothing changes for cases until it is approved.")
            return see_other(page_of(made))
    trying, found = TryIt(), None
    if any(name.startswith("try-") for name in request.GET):
        trying = TryIt(request.GET)
        if trying.is_valid():
            said = trying.cleaned_data
            found = choose(product=said["product"], category=said["category"], segment=said["segment"])
    context = frame | shared() | in_force_context(found)
    context |= history(request.GET.get("page"), sees_drafts=sees_drafts)
    context |= {"form": form, "trying": trying, "may_write": may_write}
    return TemplateResponse(request, "console/protocol/choices.html", context, status=422 if form.errors else 200)


def page_of(draft: ChoiceDraft) -> str:
    return reverse("admin:escalation_protocolversion_choice", args=[draft.pk])


def shared() -> dict[str, Any]:
    """What both pages of a list name: protocols in words, and the segments customers have."""
    names = in_force()
    return {
        "names": names,
        "default": names.get(DEFAULT, DEFAULT),
        "segments": sorted(set(User.objects.exclude(segment="").values_list("segment", flat=True))),
    }


def in_force_context(found: Choice | None) -> dict[str, Any]:
    """The list that counts now, and what it answered."""
    rows, names = ProtocolChoice.objects.select_related("product", "category"), in_force()
    return {
        "title": "Which protocol for which case?",
        "rows": [{"line": row, "position": row.position, "name": names.get(row.protocol, "")} for row in rows],
        "found": found,
        "found_name": names.get(found.key, found.key) if found else "",
        "url": reverse("admin:escalation_protocolversion_changelist"),
    }


def history(number: str | None, *, sees_drafts: bool) -> dict[str, Any]:
    """The lists that were approved, the newest first, 20 a page; what waits and what was thrown away for who reads drafts.

    What the lists say stays where it is: each has a page of its own.
    """
    shown = (Status.APPROVED, Status.DISCARDED) if sees_drafts else (Status.APPROVED,)
    people = ("made_by", "approved_by", "discarded_by")
    past = ChoiceDraft.objects.filter(status__in=shown).select_related(*people).defer("lines", "base")
    return {
        "page": Paginator(past, PER_PAGE).get_page(number),
        "waiting": choice_drafts.waiting() if sees_drafts else None,
    }
