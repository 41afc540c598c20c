"""Names the room to Django, registers its system checks, and puts the console in the admin's place."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class PortalConfig(AppConfig):
    """The `portal` room; the default one, however many configurations stand beside it."""

    name = "portal"
    default = True

    def ready(self) -> None:
        from portal import checks  # noqa: F401 -- importing registers them


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin with our site; nothing registers itself there but what `portal.console.registry` lists."""

    default = False
    default_site = "portal.console.site.ConsoleSite"

    def ready(self) -> None:
        super().ready()
        from portal.console import registry  # noqa: F401 -- importing registers the pages
