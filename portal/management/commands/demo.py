"""Fills an empty database with a believable fortnight."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.models import Case, User
from portal import clock
from portal.beat import beat
from portal.demo import (
    articles,
    follow_ups,
    improvements,
    kept_views,
    known,
    learning,
    look_backs,
    low_scores,
    meetings,
    on_the_way,
    pulse,
    recommending,
    rules,
    themes,
    training,
)
from portal.demo.fortnight import Fortnight
from portal.demo.people import LOOPBACK_PASSWORD, TEAMS, Cast, address, cast
from portal.demo.story import DAYS, plan


class Command(BaseCommand):
    help = "Makes the demo fortnight in an empty database: people, cases at every milestone, surveys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing, with exit 0, when there are cases")
        parser.add_argument("--seed", type=int, default=7, help="the same seed tells the same story")

    def handle(self, *args: Any, **options: Any) -> None:
        if Case.everything.exists() or User.objects.filter(is_staff=True).exists():
            if not options["if_empty"]:
                raise CommandError("There are people or cases already. The demo only goes into an empty database.")
            self._remind()
            return
        now = clock.now()
        people = cast(LOOPBACK_PASSWORD if settings.ON_LOOPBACK else None)
        rules.set_up(people, now - timedelta(days=DAYS))
        stage = Fortnight(people, now, seed=options["seed"], backend=_mail_backend())
        plan(stage)
        started = time.monotonic()
        self.stdout.write(f"Playing {DAYS} days of the demo, a minute or less:")
        stage.play(self._progress(now))
        rules.draw_up(people, now)
        articles.use_them(people, now)
        pulse.answer_months(people, now, seed=options["seed"])
        known.tell(people, now)
        learning.tell(people, now, seed=options["seed"])
        low_scores.answer_them(people, now)
        on_the_way.say(now)
        follow_ups.ask_them(people, now)
        recommending.ask(people, now, seed=options["seed"])
        themes.put_on(people, now)
        look_backs.write(people, now)
        improvements.propose(people, now)
        meetings.hold(people, now)
        training.give(people, now)
        kept_views.keep(now)
        beat()
        cases = Case.objects.count()
        self.stdout.write(
            f"\n{cases} cases, {Case.objects.open().count()} open, in {time.monotonic() - started:.0f} s."
        )
        self._sign_ins(people)

    def _progress(self, until: datetime) -> Any:
        """One line that grows on a terminal; a line each simulated day elsewhere."""
        seen: list[int] = [-1]

        def show(now: datetime) -> None:
            day = DAYS - (until - now) // timedelta(days=1)
            if day != seen[0]:
                seen[0] = day
                end = "" if sys.stdout.isatty() else "\n"
                start = "\r" if sys.stdout.isatty() else ""
                self.stdout.write(f"{start}  day {day:2} of {DAYS}", ending=end)
                self.stdout.flush()

        return show

    def _sign_ins(self, people: Cast) -> None:
        self.stdout.write("\nDemo sign-ins (choose “Use a password instead”; all have the same):")
        for role, email, password in people.sign_ins:
            self.stdout.write(f"  {role:<11} {email:<36} {password}")

    def _remind(self) -> None:
        """On a later start: who can sign in, where the password is the known one."""
        first = address(next(iter(TEAMS.values()))[0])
        if settings.ON_LOOPBACK and User.objects.filter(email=first).exists():
            names = ("Sam Okafor", "Tom Reed", "Dana Voss", "Max Berger", "Ivo Novak")
            self.stdout.write(
                f"Demo sign-ins (“Use a password instead”), password {LOOPBACK_PASSWORD}: "
                + ", ".join(map(address, names))
            )


def _mail_backend() -> Any:
    """The demo's letters go where letters of a trial go, a folder; never to a real mail server."""
    to_files = "file" in settings.EMAIL_BACKEND or "locmem" in settings.EMAIL_BACKEND
    return None if to_files else get_connection("django.core.mail.backends.dummy.EmailBackend")
