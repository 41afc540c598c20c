"""The page of the console's single keys: what each does, and the preference that turns them off for who is disturbed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases.models import User
from portal.forms import Plain


class Keys(Plain):
    """One tick."""

    single_keys = forms.BooleanField(label="Single keys act on these pages", required=False)


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("keys/", site.admin_view(partial(page, site=site)), name="keys")]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Shows the keys, or keeps the preference."""
    person: Any = request.user
    form = Keys(request.POST if request.method == "POST" else None, initial={"single_keys": person.single_keys})
    if form.is_valid():
        person = User.objects.get(pk=person.pk)
        person.single_keys = form.cleaned_data["single_keys"]
        person.save(update_fields=["single_keys"])
        messages.success(request, "Single keys are on." if person.single_keys else "Single keys are off.")
        return HttpResponse(status=303, headers={"Location": reverse("admin:keys")})
    context = {"title": "Keys", "form": form}
    return TemplateResponse(request, "console/keys.html", site.each_context(request) | context)
