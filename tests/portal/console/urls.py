"""The console alone with the way into it and what its pages wear, so that its tests need no other door."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from portal import urls

urlpatterns = [
    path("console/", admin.site.urls),
    path("insights/", lambda request: HttpResponse("figures")),
    *(
        one
        for one in urls.urlpatterns
        if str(one.pattern).startswith(("account/", "brand/", "c/<str:reference>/report"))
    ),
]
