"""`manage.py messages`: takes new customer sentences into the catalogues and compiles them; `make messages` runs it."""

from __future__ import annotations

import shutil
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import makemessages
from django.utils.translation import to_locale

from cases.languages import ENGLISH
from portal import catalogues

NO_GETTEXT = (
    "Taking up new sentences needs GNU gettext: xgettext and msgmerge are not on the PATH. "
    "On Debian: apt-get install gettext. To compile what is there, no gettext is needed: messages --compile."
)


class Command(makemessages.Command):
    help = "Takes the customer pages' sentences into portal/locale/, compiles the catalogues and says what is missing."
    # The house's name for gettext_lazy.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_lazy"]
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--compile", action="store_true", help="Only compile what is there; needs no gettext.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options.pop("compile"):
            self._extract(options)
        self._compile(options["verbosity"])

    def _extract(self, options: dict[str, Any]) -> None:
        if not (shutil.which("xgettext") and shutil.which("msgmerge")):
            raise CommandError(NO_GETTEXT)
        wanted = [to_locale(code) for code, _ in settings.LANGUAGES if code.partition("-")[0] != ENGLISH]
        staff = [f"{place.rstrip('/')}*" if place.endswith("/") else place for place in catalogues.STAFF_ONLY]
        elsewhere = ["tests/*", "docs/*", ".venv/*", ".data/*", "static/*", "*/migrations/*"]
        for code in wanted:
            (catalogues.ROOT / "portal" / "locale" / code / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        chosen = {"locale": options["locale"] or wanted, "extensions": ["py", "html", "txt"], "no_obsolete": True}
        # Line numbers would change every catalogue with every change of a page.
        chosen |= {"ignore_patterns": [*staff, *elsewhere], "add_location": "file", "no_wrap": True}
        super().handle(**(options | chosen))

    def _compile(self, verbosity: int) -> None:
        wanted = catalogues.sentences()
        for code, path in catalogues.catalogues().items():
            text = path.read_text(encoding="utf-8")
            path.with_suffix(".mo").write_bytes(catalogues.compiled(text))
            wrong = catalogues.faults(wanted, text)
            self.stdout.write(f"{code}: {len(wanted)} sentences, {len(wrong)} to see to.")
            for one in wrong if verbosity > 1 else wrong[:5]:
                self.stdout.write(f"  {one}")
