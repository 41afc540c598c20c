"""What every address of the API does alike: who may read, how a question is asked, and what is wrong with one."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.figure_views import SEES
from portal import clock
from portal.api.keys import ByKey
from portal.insights.asking import NAMES, Asked
from portal.insights.framing import Said


class SeesFigures(BasePermission):
    """Nobody signed in is told to sign in; to who may not see figures the address does not exist."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            raise NotAuthenticated("Sign in first.")
        if not request.user.has_perm(SEES):
            raise Http404
        return True


class Reading(APIView):
    """An address that is only read, with the filters of the pages of figures."""

    # The session first: with nobody signed in the answer stays 403, whoever asks.
    authentication_classes = (SessionAuthentication, ByKey)
    permission_classes = (SeesFigures,)
    schema = None  # docs/api.md says what it answers; no address serves a schema
    http_method_names = ("get", "head")  # type: ignore[assignment]

    def asked(self, request: Request) -> Asked:
        """The question of the address. ValidationError naming each wrong filter; a name we do not know is wrong, too."""
        filters = request.query_params.dict()
        if strange := sorted(set(filters) - set(NAMES)):
            raise ValidationError({name: ["There is no filter of that name."] for name in strange})
        said = Said(filters, clock.now(), by=request.user)  # type: ignore[arg-type]
        if said.asked is None:
            raise ValidationError({name: [str(one) for one in errors] for name, errors in said.form.errors.items()})
        return said.asked

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store, private"
        answer["Referrer-Policy"] = "no-referrer"
        return answer
