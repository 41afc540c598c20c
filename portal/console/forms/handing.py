"""Forms of handing over: to whom and the packet of five parts, why a case is returned, and handing over at once."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import Count, Q

from cases.access import workers
from cases.lifecycle import OPEN
from cases.models import User
from escalation.directory import Directory
from escalation.packet import HEADINGS, Packet, packet_of
from escalation.permits import takers
from escalation.verbs.handing import NEEDED
from portal.console.forms.act import ActForm, writing

INTERNAL = "Internal: the customer does not see this."


class Colleague(forms.ModelChoiceField):
    """A person who can take the case, named with their teams."""

    def label_from_instance(self, obj: Any) -> str:
        teams = sorted({team.name for team in (*obj.teams.all(), *obj.leads.all())})
        return f"{obj} ({', '.join(teams) or 'no team'})"


def colleague(label: str) -> Colleague:
    return Colleague(
        User.objects.none(), label=label, empty_label="Choose a colleague",
        error_messages={
            "required": "Choose who takes the case.",
            "invalid_choice": "Choose somebody from the list: only who works on cases can take one.",
        },
    )  # fmt: skip


class Packed(ActForm):
    """To whom, and five parts that begin with what the case itself knows."""

    DECIDES = ("to",)

    to = colleague("Ask whom?")
    situation = writing(HEADINGS["situation"], help_text=INTERNAL, rows=3, missing=NEEDED["situation"])
    done = writing(HEADINGS["done"], rows=3, missing=NEEDED["done"])
    promised = writing(
        HEADINGS["promised"], help_text="From the running times. Add what was said by word of mouth.", rows=2,
        missing=NEEDED["promised"],
    )  # fmt: skip
    following = writing(HEADINGS["following"], rows=3, missing=NEEDED["following"])
    watch = writing(HEADINGS["watch"], help_text="Leave it empty when there is nothing.", rows=2, required=False)

    def prepare(self) -> None:
        known = packet_of(self.case)
        self.initial = {**{name: getattr(known, name) for name in HEADINGS}, **self.initial}


class HandOver(Packed):
    """At once: who acts may not know what was done, so that what the log does not know is said to be so."""

    to = colleague("Hand over to")

    def prepare(self) -> None:
        super().prepare()
        self.initial["done"] = self.initial["done"] or "Nothing is on record yet."
        field: Any = self.fields["to"]
        # Offered is who may take it; that a second press names who has it by now is for the verb to know, not for us.
        field.queryset = workers()
        people = takers(self.case).prefetch_related("teams", "leads").order_by("name", "email")
        field.choices = [("", field.empty_label), *((one.pk, field.label_from_instance(one)) for one in people)]

    def arguments(self) -> dict[str, Any]:
        given = super().arguments()
        parts = Packet(**{name: given.pop(name) for name in HEADINGS})
        return given | {"note": parts.text}


class Offer(Packed):
    """Who is asked, on duty first."""

    def offer_to(self, directory: Directory) -> None:
        """Offers whoever may take it, on duty first, each with what they have before them."""
        field: Any = self.fields["to"]
        field.queryset = workers()
        there = {person for slug in directory.posts for person in directory.duty(slug)}
        load = Count("owned_cases", filter=Q(owned_cases__state__in=OPEN, owned_cases__is_history=False), distinct=True)
        people = takers(self.case).exclude(pk=cast(int, self.viewer.user.pk)).prefetch_related("teams", "leads")
        ranked = sorted(people.annotate(load=load), key=lambda one: (one.pk not in there, str(one)))
        words = [
            f"{field.label_from_instance(one)}, {'on duty' if one.pk in there else 'not on duty'}, {one.load} open"
            for one in ranked
        ]
        field.choices = [("", field.empty_label), *zip([one.pk for one in ranked], words, strict=True)]


class ReturnOffer(ActForm):
    reason = writing(
        "Why do you not take it?", rows=3, help_text=f"{INTERNAL} Who asked you reads it.",
        missing="Say why you do not take it, so that it can be offered to somebody else.",
    )  # fmt: skip
