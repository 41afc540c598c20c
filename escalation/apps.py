"""Names the room to Django."""

from django.apps import AppConfig


class EscalationConfig(AppConfig):
    """The `escalation` room."""

    name = "escalation"
    default_auto_field = "django.db.models.BigAutoField"
