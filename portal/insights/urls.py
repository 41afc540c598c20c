"""The addresses below /insights/."""

from django.urls import path

from portal.insights import views

urlpatterns = [
    path("", views.figures, name="insights"),
    path("cases/", views.cases, name="insights_cases"),
    path("cases.csv", views.cases_csv, name="insights_csv"),
    path("pulse/", views.pulse, name="insights_pulse"),
    path("definitions/", views.definitions, name="insights_definitions"),
]
