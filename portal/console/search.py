"""What a search in “All cases” means: a reference, a whole e-mail address, or what was said, by whom, and their number."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Lower

from cases.models import User
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from cases.searching import holding


def exact(term: str) -> Q | None:
    """The condition of a search that an index answers; None for words."""
    term = term.strip()
    if "@" in term:
        found = User.objects.annotate(plain=Lower("email")).filter(plain=term.lower())
        return Q(customer__in=found.values("pk"))
    try:
        return Q(reference=read_reference(term, reference_prefix()))
    except BadReference:
        begun = term.upper().startswith(f"{reference_prefix()}-")
        return Q(reference__startswith=term.upper()) if begun else None


def matching(term: str) -> Q:
    """The condition of any search; words and numbers are looked for among what the filters left."""
    return exact(term) or holding(term)
