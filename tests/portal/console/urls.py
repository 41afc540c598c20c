"""The console alone, so that its tests need no other door."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

urlpatterns = [
    path("console/", admin.site.urls),
    path("insights/", lambda request: HttpResponse("figures")),
]
