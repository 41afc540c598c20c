"""How every stock page of the console behaves: no scripts, no pop-ups, nothing deleted, nothing unlabelled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from cases.access import AUDIT, WORK, Viewer
from portal.console import noting


def as_ours(stock: Any) -> Any:
    """A form whose labels end without a colon, and that says what to do where something is missing."""

    class Ours(stock):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **({"label_suffix": ""} | kwargs))
            for field in self.fields.values():
                if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                    chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
                    field.error_messages["required"] = "Choose one." if chosen else "Fill this in."

    return Ours


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

    #: What one of them and several are called here, in small letters; empty: as the model says.
    one, many = "", ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, titled by what is listed."""
        named = self.named()
        extra = named | {"title": capfirst(named["many"])}
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

    def needs(self, page: str, request: HttpRequest) -> tuple[str, ...]:
        """The permissions of which any one opens a page of this model: changelist, add, change, delete, history."""
        act = {"add": "add", "delete": "delete", "changelist": "view", "history": "view"}.get(page, "change")
        if act == "delete" or (act == "add" and isinstance(self, ReadOnlyAdmin)):
            return ()  # nobody does that by hand
        if act == "change" and request.method in ("GET", "HEAD") and page == "change":
            act = "view"
        return self.needed_to(act)

    def needed_to(self, act: str) -> tuple[str, ...]:
        """The permissions for one of view, add and change, as `has_..._permission` asks for them."""
        return (f"{self.opts.app_label}.{act}_{self.opts.model_name}",)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """As Django's, and remembers old and new for the audit: only the form knows both."""
        request.changes = noting.changes_of(form)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """In the transaction of the form, so that nothing is added without its line."""
        self.noted(request, "add", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.noted(request, "change", obj)
        return super().log_change(request, obj, message)

    def noted(self, request: HttpRequest, act: str, obj: Any) -> None:
        kind = f"{self.opts.app_label}_{self.opts.model_name}_{act}"
        noting.note(request, kind, obj, getattr(request, "changes", ()))

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the links that open other forms in a pop-up."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with labels and refusals as on every other page of ours."""
        return as_ours(super().get_form(request, obj, change=change, **kwargs))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the filters this list shows: any other question in the address is refused, not tried.

        One step further along a relation and a list's length would tell a colleague's password letter by letter.
        """
        names = {getattr(f, "parameter_name", f) if not isinstance(f, tuple) else f[0] for f in self.list_filter}
        return any(lookup in (name, f"{name}__exact") for name in names)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(QuietAdmin):
    """For all who see cases to read, and for nobody to change."""

    def needed_to(self, act: str) -> tuple[str, ...]:
        return (WORK, AUDIT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return Viewer(request.user).is_staff

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
