"""The form of the brand: words, a colour, links one a line, and pictures that stay chosen while one previews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from cases.brand import Brand, Draft, Findings
from cases.models import BrandImage
from portal import pictures
from portal.forms import Lines, OneLine, Plain, line

ACCEPT = "image/png,image/webp,image/jpeg"


class Colour(OneLine):
    """A colour as `#RRGGBB`; what is wrong with it is for the brand's own rules to say."""

    widget = forms.TextInput(attrs={"type": "color"})


def picture(label: str, help_text: str) -> forms.FileField:
    """An upload; what is in the file is found out by reading it, not from its name."""
    return forms.FileField(
        label=label, required=False, help_text=help_text, widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"empty": "This file is empty. Choose another one."},
    )  # fmt: skip


class BrandForm(Plain):
    """The brand as a person edits it. `seen` is the revision that was on the page; `*_kept` are pictures chosen before."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    logo_kept = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    icon_kept = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    name = line("Name", 60, wrong="Give the name customers know you by.")
    colour = Colour(
        label="Colour",
        max_length=7,
        help_text="Buttons are filled with it; links follow it as far as they can be read.",
    )
    logo = picture("Logo", "PNG, WebP or JPEG. It stands in place of the name, on white in dark mode.")
    no_logo = forms.BooleanField(label="Take the logo out", required=False)
    logo_alt = line("What the logo says, for who cannot see it", 120, required=False, help_text="Empty: the name.")
    icon = picture("Icon of the browser’s tab", "Square. Without one it is made from the logo.")
    no_icon = forms.BooleanField(label="Take the icon out", required=False)
    from_name = line("Name that letters come from", 60, required=False, help_text="Empty: the name.")
    phone = line("Phone", 40, required=False, kind="tel")
    hours = line(
        "Hours of the phone", 120, required=False, help_text="As in: Monday to Friday, 09:00 to 17:30 London time."
    )
    links = Lines(
        label="Links in the foot of every page", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="One a line, five at most: the words, then the address, as in: Our shop https://shop.example",
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, now: Brand, kept: tuple[str, str], at: datetime) -> None:
        """`kept` are the digests of the logo and the icon in force, or empty."""
        first = {
            "seen": now.revision, "logo_kept": kept[0], "icon_kept": kept[1], "name": now.name, "colour": now.colour,
            "logo_alt": now.logo.alt if now.logo and now.logo.alt != now.name else "",
            "from_name": now.from_name if now.from_name != now.name else "", "phone": now.phone, "hours": now.hours,
            "links": "\n".join(f"{words} {url}" for words, url in now.links),
        }  # fmt: skip
        super().__init__(data, files, initial=first)
        self.at = at

    def clean(self) -> dict[str, Any]:
        """Makes the pictures anew, and remembers them for the page that follows."""
        said: dict[str, Any] = super().clean() or {}
        for name, make in (("logo", pictures.logo), ("icon", pictures.icon)):
            if said.get(f"no_{name}"):
                said[f"{name}_row"] = None
                continue
            try:
                file = said.get(name)
                said[f"{name}_row"] = make(file, at=self.at) if file else kept_image(said.get(f"{name}_kept", ""))
            except pictures.NotAPicture as why:
                self.add_error(name, str(why))
        if said.get("logo") and said.get("logo_row") and not said.get("icon_row"):
            # A logo of one's own comes with an icon of one's own: the logo on a square.
            said["logo"].seek(0)
            said["icon_row"] = pictures.icon(said["logo"], at=self.at)
        return said

    def draft(self) -> Draft:
        """What was typed, for whoever checks or keeps it."""
        said = self.cleaned_data
        return Draft(
            name=said.get("name", ""), colour=said.get("colour", ""), from_name=said.get("from_name", ""),
            phone=said.get("phone", ""), hours=said.get("hours", ""), links=links_in(said.get("links", "")),
            logo=said.get("logo_row"), logo_alt=said.get("logo_alt", ""), favicon=said.get("icon_row"),
        )  # fmt: skip

    def hold(self) -> None:
        """Has the form, shown again, carry the pictures that were uploaded with it: browsers send a file once."""
        held: Any = self.data.copy()  # type: ignore[attr-defined]
        for name in ("logo", "icon"):
            image = self.cleaned_data.get(f"{name}_row")
            held[f"{name}_kept"] = image.digest if image else ""
            held.pop(f"no_{name}", None)
        self.data = held

    def blame(self, findings: Findings) -> None:
        """Puts each sentence at its field, or over the form."""
        for field, sentence in findings:
            if sentence not in self.errors.get(field or "__all__", ()):
                self.add_error(field or None, sentence)


def kept_image(digest: str) -> BrandImage | None:
    """A picture by its digest, without its bytes; None for what no page of ours has sent."""
    return BrandImage.objects.defer("data").filter(digest=digest).first() if digest else None


def links_in(text: str) -> tuple[tuple[str, str], ...]:
    """(words, address) of each line; the address is what stands last."""
    rows = (row.split() for row in text.splitlines() if row.strip())
    return tuple((" ".join(words), url) for *words, url in rows)
