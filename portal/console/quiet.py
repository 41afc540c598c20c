"""How every stock page of the console behaves: no scripts, no pop-ups, nothing deleted, nothing unlabelled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst

from cases.access import Viewer

PEOPLE = (
    ("cases_user", "People"),
    ("cases_team", "Teams"),
    ("cases_category", "Topics"),
    ("cases_product", "Products"),
    ("auth_group", "Roles"),
)
RULES = (("escalation_protocolversion", "Protocol"), ("escalation_calendarversion", "Calendars"))
LOGS = (("cases_event", "Events"), ("django_q_schedule", "Queue schedule"))


class QuietAdmin(ModelAdmin):
    """A ModelAdmin without the stock scripts, actions and deletions."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = None  # type: ignore[assignment]
    sortable_by = ()
    formfield_overrides = {
        models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple},
    }

    #: Lists that stand beside this one, as (url name, words), shown to whom may see them.
    family: tuple[tuple[str, str], ...] = ()
    #: What one of them and several are called here, in small letters; empty: as the model says.
    one, many = "", ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, titled by what is listed, with links to the lists beside it."""
        named = self.named()
        extra = named | {"title": capfirst(named["many"]), "subnav": self.beside(request)}
        return super().changelist_view(request, extra | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        named = self.named()
        extra = named | {"title": f"Add a {named['one']}"}
        return super().add_view(request, form_url, extra | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        named = self.named()
        extra = named | {"title": capfirst(named["one"])}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def named(self) -> dict[str, str]:
        """What templates call one of them and several."""
        return {"one": self.one or str(self.opts.verbose_name), "many": self.many or str(self.opts.verbose_name_plural)}

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """As Django's, with our word for what was saved."""
        stock, ours = f"The {self.opts.verbose_name} ", f"The {self.named()['one']} "
        if message.startswith(stock):
            # Of the same kind as Django's own: markup where that was markup, since our word adds none.
            message = type(message)(message.replace(stock, ours, 1))
        super().message_user(request, message, *args, **kwargs)

    def beside(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The lists of the family that this person may see."""
        seen = {f"{m.opts.app_label}_{m.opts.model_name}": m for m in self.admin_site._registry.values()}
        links = [
            {"label": words, "url": reverse(f"admin:{name}_changelist"), "here": seen[name] is self}
            for name, words in self.family
            if seen[name].has_view_permission(request)
        ]
        return links if len(links) > 1 else []

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the links that open other forms in a pop-up."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the filters this list shows: any other question in the address is refused, not tried.

        One step further along a relation and a list's length would tell a colleague's password letter by letter.
        """
        names = {getattr(f, "parameter_name", f) if not isinstance(f, tuple) else f[0] for f in self.list_filter}
        return any(lookup in (name, f"{name}__exact") for name in names)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(QuietAdmin):
    """For all who may enter to read, and for nobody to change."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return Viewer(request.user).is_staff

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
