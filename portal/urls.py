"""Addresses. Filled by the doors."""

urlpatterns: list = []
