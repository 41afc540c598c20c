"""Names the room to Django."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The `cases` room."""

    name = "cases"
    default_auto_field = "django.db.models.BigAutoField"
