"""The list of “All cases” as Django's admin draws it: its pages, what an address may ask of it, and what it left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import InvalidPage
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest

from cases.models import Case, Resolution
from escalation.book import tops
from escalation.lateness import with_ledger
from portal.console.filters import levels_in_force
from portal.console.paging import number_words

#: What an address asks for to see the open cases although another view is one's own.
ALL = "view=all"


class CaseList(ChangeList):
    """As Django's, but no row is counted or looked at that is not shown."""

    def get_results(self, request: HttpRequest) -> None:
        paginator: Any = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        try:
            page = paginator.page(self.page_num)
        except InvalidPage:
            raise IncorrectLookupParameters from None
        self.paginator, self.result_count = paginator, paginator.count
        self.full_result_count, self.show_admin_actions, self.can_show_all = None, False, False
        self.show_full_result_count = False
        self.result_list = with_levels(list(page.object_list), levels_in_force(request))
        self.multi_page = paginator.num_pages > 1

    @property
    def number(self) -> str:
        """How many fit, in words: no further than they were counted."""
        return number_words(self.result_count)

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """As Django's; without any filter it says so, for the bare address shows one's own first view."""
        found = super().get_query_string(new_params, remove)
        return f"?{ALL}" if found == "?" else found

    def left_out(self) -> list[str]:
        """The filters that were asked for with a value nobody knows, by their names; they are out of the links, too."""
        names = []
        specs: list[Any] = self.filter_specs
        for spec in specs:
            value, known = spec.value(), {str(key) for key, _ in spec.lookup_choices}
            if value is not None and str(value) not in known:
                names.append(str(spec.title))
                for kept in (self.params, self.filter_params):
                    kept.pop(spec.parameter_name, None)
        return names


def whole(keys: list[int]) -> Iterable[Case]:
    """The rows of a page with all that is shown of them."""
    given = Resolution.objects.filter(case=OuterRef("pk")).order_by("-at").values("at")[:1]
    rows = with_ledger(Case.objects.filter(pk__in=keys)).annotate(answered_at=Subquery(given))
    return rows.select_related("category", "owner", "team")


def with_levels(cases: list[Case], known: dict[str, int]) -> list[Case]:
    """Gives each case `levels`: how many its own protocol has. `known` are those of some versions, by label."""
    others = {case.protocol for case in cases} - set(known)
    found = known | tops(others) if others else known
    rows: list[Any] = list(cases)
    for case in rows:
        case.levels = found.get(case.protocol)
    return cases
