"""The page on which protocol counts for which case: an ordered list, and a question to try it with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cases.models import Category, Product, User
from escalation.book import DEFAULT
from escalation.choosing import Choice, choose
from escalation.models import ProtocolChoice, ProtocolVersion
from portal.console.cover_edit import noted
from portal.console.protocol_editing import see_other
from portal.forms import OneLine, Plain

#: Where a line stands while it changes places: positions are unique.
ASIDE = 32_000


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
    """A further line at the end of the list."""

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
        same = {name: said.get(name) for name in ("product", "category", "segment")}
        if not self.errors and ProtocolChoice.objects.filter(**same).exists():
            raise forms.ValidationError("There is a line for exactly these cases already. Take it off first.")
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


def choices_view(request: HttpRequest, frame: dict[str, Any], *, may_write: bool) -> HttpResponse:
    """The list; asking who gets what by GET, changing it by POST. The caller has checked who may."""
    if request.method == "POST":
        return changed(request, frame)
    trying = TryIt(request.GET) if any(name.startswith("try-") for name in request.GET) else TryIt()
    found = None
    if trying.is_bound and trying.is_valid():
        said = trying.cleaned_data
        found = choose(product=said["product"], category=said["category"], segment=said["segment"])
    return page(request, frame, NewLine(), trying, found=found, may_write=may_write)


def changed(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """Adds a line, moves one or takes one off."""
    press, _, which = request.POST.get("press", "").partition(":")
    if press == "add":
        form = NewLine(request.POST)
        if not form.is_valid() or not added(request, form):
            return page(request, frame, form, TryIt(), status=422, may_write=True)
        messages.success(request, "The line is added at the end. Cases that are open keep their protocol.")
    elif press in ("up", "down", "drop") and which.isdecimal() and len(which) < 10:
        done = drop(request, int(which)) if press == "drop" else move(request, int(which), -1 if press == "up" else 1)
        messages.success(request, done)
    return see_other(reverse("admin:escalation_protocolversion_choices"))


def added(request: HttpRequest, form: NewLine) -> bool:
    """Puts the line of a good form on the list; False, with a sentence, when somebody was faster."""
    try:
        add(request, form.cleaned_data)
    except IntegrityError:  # two lines for one place: the first of an empty list holds nobody back
        form.add_error(None, "Somebody added a line at the same moment. Look at the list, then send yours again.")
        return False
    return True


def add(request: HttpRequest, said: dict[str, Any]) -> None:
    """A line at the end."""
    with transaction.atomic():
        _held()
        last = ProtocolChoice.objects.aggregate(last=Max("position"))["last"] or 0
        row = ProtocolChoice.objects.create(
            position=last + 1,
            product=said["product"],
            category=said["category"],
            segment=said["segment"],
            protocol=said["protocol"],
        )
        noted(request, [row], ADDITION, f"Line {row.position} added: {told(row)}.")


def move(request: HttpRequest, position: int, by: int) -> str:
    """Changes places with the line above (-1) or below (1)."""
    with transaction.atomic():
        rows = {row.position: row for row in _held()}
        if position not in rows or position + by not in rows:
            return "Nothing was moved: that line is not there any more."
        for row, to in ((rows[position], ASIDE), (rows[position + by], position), (rows[position], position + by)):
            row.position = to
            row.save(update_fields=["position"])
        done = f"Line {position} is line {position + by} now"
        noted(request, [rows[position]], CHANGE, f"{done}: {told(rows[position])}.")
    return f"{done}."


def drop(request: HttpRequest, position: int) -> str:
    """Takes a line off; those below move up."""
    with transaction.atomic():
        rows = _held()
        gone = next((row for row in rows if row.position == position), None)
        if gone is None:
            return "Nothing was taken off: that line is not there any more."
        noted(request, [gone], DELETION, f"Line {position} taken off: {told(gone)}.")
        gone.delete()
        for row in rows:
            if row.position > position:
                ProtocolChoice.objects.filter(pk=row.pk).update(position=F("position") - 1)
    return f"Line {position} is taken off."


def told(row: ProtocolChoice) -> str:
    """What a line says, for the record of changes, which must be understood when the line is gone."""
    customers = f"customers of “{row.segment}”" if row.segment else "any customer"
    return f"{row.product or 'any product'}, {row.category or 'any topic'}, {customers}: {row.protocol}"


def last_change() -> LogEntry | None:
    """Who changed the list last, and when."""
    ours = {"content_type__app_label": "escalation", "content_type__model": ProtocolChoice._meta.model_name}
    return LogEntry.objects.filter(**ours).select_related("user").order_by("-action_time", "-pk").first()


def _held() -> list[ProtocolChoice]:
    return list(ProtocolChoice.objects.select_for_update().order_by("position"))


def page(
    request: HttpRequest,
    frame: dict[str, Any],
    form: NewLine,
    trying: TryIt,
    *,
    status: int = 200,
    found: Choice | None = None,
    may_write: bool = False,
) -> HttpResponse:
    """The list with its two forms."""
    names = in_force()
    rows = [
        {"line": row, "name": names.get(row.protocol, ""), "is_first": not number}
        for number, row in enumerate(ProtocolChoice.objects.select_related("product", "category"))
    ]
    context = frame | {
        "title": "Which protocol for which case?",
        "rows": rows,
        "form": form,
        "trying": trying,
        "found": found,
        "found_name": names.get(found.key, found.key) if found else "",
        "default": names.get(DEFAULT, DEFAULT),
        "segments": sorted(set(User.objects.exclude(segment="").values_list("segment", flat=True))),
        "may_write": may_write,
        "last": last_change(),
        "url": reverse("admin:escalation_protocolversion_changelist"),
    }
    return TemplateResponse(request, "console/protocol/choices.html", context, status=status)
