"""Names the room to Django."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """The `feedback` room."""

    name = "feedback"
    default_auto_field = "django.db.models.BigAutoField"
