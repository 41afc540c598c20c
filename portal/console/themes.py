"""Themes in the console: the list that is kept, and the page on which one comment gets its themes by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import User
from escalation.verbs import Refused
from feedback import second_looks, themes, verbatims
from feedback.models import Survey, Theme
from portal.console.needs import door
from portal.console.protocol_editing import see_other
from portal.forms import Lines, OneLine, Plain
from portal.pages.personal import safe_next

LOOKS = require_http_methods(["GET", "HEAD", "POST"])
HIGHEST, WORDS = 2**62, "/insights/words/"
STEMS = (
    "One a line. They suggest the theme where they stand as whole words; with a star, slow*, every word that begins so."
)


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of themes; for supervisors."""
    return [
        path("feedback/themes/", door(site, listing, themes.SUPERVISE), name="themes"),
        path("feedback/themes/<int:pk>/", door(site, edit, themes.SUPERVISE), name="theme"),
        path("feedback/themes/<int:pk>/retire/", door(site, retire, themes.SUPERVISE), name="theme_retire"),
        path("feedback/words/<str:key>/", door(site, tagging, themes.SUPERVISE), name="words_tags"),
    ]


class ThemeForm(Plain):
    """A theme: what it is called and the words that suggest it."""

    name = OneLine(
        label="Name", max_length=themes.NAME_MOST, help_text="A word or two, as customers would say it: waiting, the answer, friendliness.",
        error_messages={"required": "Give it a name, of a word or two."},
    )  # fmt: skip
    words = Lines(
        label="Words that suggest it", required=False, max_length=1000, help_text=STEMS, widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip


class Choices(forms.ModelMultipleChoiceField):
    """Themes by their name."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class TagForm(Plain):
    """The themes of one comment."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    next = forms.CharField(widget=forms.HiddenInput, required=False)
    themes = Choices(
        Theme.objects.none(), label="What is it about?", required=False,
        help_text="All that fit. Leave it empty when none does.",
        error_messages={"invalid_choice": "Choose themes from the list.", "invalid_pk_value": "Choose themes from the list."},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, offered: QuerySet[Theme], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        field: Any = self.fields["themes"]
        field.queryset = offered


def save(form: ThemeForm, theme: Theme | None, by: User) -> bool:
    """Keeps what was typed; what is refused stands at its field."""
    if not form.is_valid():
        return False
    try:
        themes.write(theme, form.cleaned_data["name"], form.cleaned_data["words"], by=by)
    except Refused as why:
        form.add_error(why.field or None, str(why))
        return False
    return True


@LOOKS
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Every theme with its words and how many comments have it, and the form of a new one."""
    frame = site.each_context(request)
    form = ThemeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and save(form, None, frame["actor"].user):
        messages.success(request, "Added. It can be put on comments from now on.")
        return see_other(reverse("admin:themes"))
    rows = Theme.objects.annotate(used=Count("tags")).order_by("-is_active", "name")
    context = {
        "title": "Themes",
        "rows": [{"theme": one, "words": one.words.splitlines(), "used": one.used} for one in rows],
        "form": form,
        "words_url": WORDS if request.user.has_perm("feedback.view_insights") else "",
    }
    return TemplateResponse(request, "console/themes.html", frame | context, status=422 if form.errors else 200)


@LOOKS
def edit(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Another name and other words for a theme; its tags stay."""
    frame = site.each_context(request)
    theme = get_object_or_404(Theme, pk=min(pk, HIGHEST))
    form = ThemeForm(
        request.POST if request.method == "POST" else None, initial={"name": theme.name, "words": theme.words}
    )
    if request.method == "POST" and save(form, theme, frame["actor"].user):
        messages.success(request, "Saved. Tags that were put on stay.")
        return see_other(reverse("admin:themes"))
    context = {"title": "Change a theme", "theme": Theme.objects.get(pk=theme.pk), "form": form}
    return TemplateResponse(request, "console/theme.html", frame | context, status=422 if form.errors else 200)


@require_POST
def retire(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Takes a theme off the list, or brings it back."""
    frame, theme = site.each_context(request), get_object_or_404(Theme, pk=min(pk, HIGHEST))
    back = request.POST.get("press") == "back"
    themes.set_active(theme, active=back, by=frame["actor"].user)
    messages.success(request, "It is offered again." if back else "Retired. Comments that have it keep it.")
    return see_other(reverse("admin:themes"))


@LOOKS
def tagging(request: HttpRequest, site: AdminSite, key: str) -> HttpResponse:
    """One comment with the themes to tick; of one without a name there is nothing but the score and the words."""
    frame = site.each_context(request)
    survey = themes.found(key, frame["viewer"])
    if survey is None:
        raise Http404
    if second_looks.hidden_from(frame["actor"].user, [survey]):
        messages.info(request, "You are the second reader of this comment: say first what it is about.")
        return see_other(reverse("admin:second_look"))
    survey = verbatims.with_cases(Survey.objects.filter(pk=survey.pk)).get()
    (said,) = verbatims.heard([survey])
    has = [row.theme for row in survey.theme_tags.all()]
    offered = (Theme.objects.filter(is_active=True) | Theme.objects.filter(pk__in=[one.pk for one in has])).distinct()
    back = safe_next(request, WORDS)
    first: dict[str, Any] = {"seen": themes.seal(survey), "next": back, "themes": [one.pk for one in has]}
    form = TagForm(request.POST if request.method == "POST" else None, offered=offered, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            chosen = list(form.cleaned_data["themes"])
            themes.tag(survey, chosen, seen=form.cleaned_data["seen"], by=frame["actor"].user, at=frame["now"])
        except Refused as why:
            form.add_error(None, str(why))
            said_again = request.POST.copy()
            said_again["seen"] = first["seen"]  # the words on the page are those of now
            form.data = said_again
        else:
            return see_other(f"{back}#said-{themes.key_of(survey)}")
    context = {
        "title": "Themes of a comment",
        "said": said,
        "suggested": [one.name for one in themes.suggested(said.words, offered) if one not in has],
        "form": form,
        "back": back,
    }
    return TemplateResponse(request, "console/words_tags.html", frame | context, status=422 if form.errors else 200)
