"""The addresses below /api/v1/."""

from django.urls import path

from portal.api import facts, figures

urlpatterns = [
    path("figures/", figures.Figures.as_view(), name="api_figures"),
    path("facts/cases.csv", facts.CaseFacts.as_view(), name="api_case_facts"),
]
