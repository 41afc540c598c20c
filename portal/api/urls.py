"""The addresses below /api/v1/."""

from django.urls import path

from portal.api import facts, figures, records

urlpatterns = [
    path("figures/", figures.Figures.as_view(), name="api_figures"),
    path("facts/cases.csv", facts.CaseFacts.as_view(), name="api_case_facts"),
    *(
        path(f"facts/{one.name}.csv", records.Records.as_view(sheet=one), name=f"api_{one.name}")
        for one in records.SHEETS
    ),
]
