"""Names the room to Django and registers its system checks."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The `portal` room; the default one, however many configurations stand beside it."""

    name = "portal"
    default = True

    def ready(self) -> None:
        from portal import checks  # noqa: F401 -- importing registers them
