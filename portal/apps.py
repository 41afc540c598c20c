"""Names the room to Django, registers its system checks, and puts the console in the admin's place."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class PortalConfig(AppConfig):
    """The `portal` room; the default one, however many configurations stand beside it."""

    name = "portal"
    default = True

    def ready(self) -> None:
        from cases import access
        from escalation.standing_in import stood_in_for
        from feedback.post_mortems import looks_back_on
        from portal import checks, clock  # noqa: F401 -- importing registers the checks

        # The rota stands above the cases, and only the portal knows the time.
        access.CLOSE.append(lambda person: stood_in_for(person, clock.now()))
        access.CLOSE.append(looks_back_on)


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin with our site; nothing registers itself there but what `portal.console.registry` lists."""

    default = False
    default_site = "portal.console.site.ConsoleSite"

    def ready(self) -> None:
        super().ready()
        from portal.console import registry  # noqa: F401 -- importing registers the pages
