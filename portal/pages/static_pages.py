"""Pages that say the same to everybody: how to reach us, privacy, accessibility."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


def page(name: str) -> Callable[[HttpRequest], HttpResponse]:
    """The view of templates/pages/<name>.html."""

    @require_safe
    def show(request: HttpRequest) -> HttpResponse:
        return render(request, f"pages/{name}.html")

    return show


contact, privacy, accessibility = page("contact"), page("privacy"), page("accessibility")
