"""Files on a form: taken before anything else of it is judged, so that a wrong word costs nobody their files.

What fits is kept for this form in this browser (`cases.files.keep`) and listed with a button to take it away; what does
not has a sentence that names it. `WithFiles.take` is called once, before it is asked whether the form is valid.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast
from uuid import UUID

from django import forms
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.forms.utils import ErrorDict
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.files import ENDINGS, FILES_MOST, SIZE_MOST, Unfit, check, drop, keep, no, safe_name, waiting
from cases.models import Attachment, User
from cases.models.attachment import DESCRIPTION_MOST
from portal import ratelimit

FIELD, SAYS, KEPT, REMOVE = "added_files", "files_show", "kept_file", "remove_file"
MEGABYTES = SIZE_MOST // (1024 * 1024)
#: More than this is not read to its end, whatever it is: five large files, and what a form holds besides.
BODY_MOST = 8 * SIZE_MOST
LOOKED_AT_MOST = 2 * FILES_MOST  # files of one press: each costs work, fit or not


# --- As they come in


class TooLarge(RequestDataTooBig):
    """What is sent is larger than anything we take; `name` is the first file's, made safe."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__("The upload is too large.")


class LimitedUpload(TemporaryFileUploadHandler):
    """Writes each file to disk as it comes, and no more of it than shows that it is too large."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: Any = None
    ) -> None:
        self._whole = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._here = 0
        if self._whole > BODY_MOST:
            raise TooLarge(safe_name(self.file_name or ""))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = SIZE_MOST + 1 - self._here
        if room > 0:
            self.file.write(raw_data[:room])
            self._here += len(raw_data[:room])

    def file_complete(self, file_size: int) -> Any:
        return super().file_complete(min(file_size, self._here))


# --- On a form


class FilesInput(forms.FileInput):
    """The browser's own control, for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Shows the control; what came through it is `WithFiles.take`'s business."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> None:
        return None


def hint() -> str:
    """What can be sent, in one line."""
    return _("Pictures, PDF, text or office files. At most %(files)s, up to %(size)s MB each.") % {
        "files": FILES_MOST,
        "size": MEGABYTES,
    }


class WithFiles(forms.Form):
    """A form that files may go with. `kept` are those that wait for it to be sent."""

    added_files = FilesField(label=_lazy("Choose files"), required=False)
    files_show = forms.CharField(
        label=_lazy("What do the files show?"),
        required=False,
        max_length=DESCRIPTION_MOST,
        help_text=_lazy("In a few words, for people who cannot see them."),
    )
    #: Whether each file needs words: ours do, a customer's may go without.
    must_say = False
    #: Whether files alone are enough, with nothing written.
    files_are_enough = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields[FIELD]
        field.help_text = hint()
        if self.must_say:
            self.fields[SAYS].help_text = "Needed with files: in a few words, for people who cannot see them."
        field.widget.attrs |= {"multiple": True, "accept": ",".join(ENDINGS)}
        self.kept: list[Attachment] = []
        self.refused: list[str] = []
        self.shown_only = False
        # They follow whatever the form itself asks.
        self.order_fields([*(name for name in self.fields if name not in (FIELD, SAYS)), FIELD, SAYS])

    @property
    def files_open(self) -> bool:
        """Whether the part for files is shown unfolded: there is something in it to see."""
        return bool(self.kept or self.refused)

    def take(self, request: HttpRequest, *, by: User | None, at: datetime, draft: str = "") -> bool:
        """Keeps what came and fits. True when a button of the files was pressed: then nothing else is to be done."""
        draft = draft or draft_of(request)
        if not request.user.is_authenticated:
            by = None  # a guest may be a stranger: the day's worth of the case's customer is not theirs to use up
        self.shown_only = REMOVE in request.POST
        if self.shown_only:
            drop(draft, _uuid(request.POST[REMOVE]))
        else:
            said = safe_line(request.POST.get(SAYS, ""))
            self.refused = _taken(request, draft, by=by, at=at)
            # What is said now is of every file nothing was said of yet.
            waiting(draft).filter(description="").update(description=said)
        self.kept = list(waiting(draft))
        if not self.shown_only and _lost(request, self.kept, by):
            self.refused.append(no("gone", ""))
        if self.kept and self.files_are_enough:
            self.fields["text"].required = False
        return self.shown_only

    def full_clean(self) -> None:
        super().full_clean()
        if self.shown_only:
            self._errors = ErrorDict()
        elif self.is_bound:
            unsaid = [no("unsaid", file.name) for file in self.kept if not file.description] if self.must_say else []
            # From now on the page says that words are needed; whether they are missing has been asked already.
            self.fields[SAYS].required = bool(self.must_say and self.kept)
            for name, wrong in ((FIELD, self.refused), (SAYS, unsaid[:1])):
                if wrong:
                    self.add_error(name, [*wrong])

    def enclosed(self) -> tuple[Attachment, ...]:
        """What the verb is given."""
        return tuple(self.kept)


def _taken(request: HttpRequest, draft: str, *, by: User | None, at: datetime) -> list[str]:
    """The sentences for the files that are not kept."""
    wrong = []
    for number, upload in enumerate(request.FILES.getlist(FIELD)):
        name = upload.name or ""
        try:
            if number >= LOOKED_AT_MOST:
                raise Unfit(no("many", name, most=FILES_MOST), is_full=True)
            count_guest(request, name, at=at)
            # They are listed in the order they were chosen in.
            keep(check(name, cast(BinaryIO, upload)), draft=draft, by=by, at=at + timedelta(microseconds=number))
        except Unfit as why:
            wrong.append(str(why))
            if why.is_full:
                break
    return wrong


def count_guest(request: HttpRequest, name: str, *, at: datetime) -> None:
    """Counts a file of somebody who is not signed in by their client. Raises Unfit where that has sent a day's worth."""
    if request.user.is_authenticated:
        return
    try:
        ratelimit.count(ratelimit.CLIENT_FILES, f"from {ratelimit.client(request)}", at=at)
    except ratelimit.TooMany:
        raise Unfit(no("person_full", name), is_full=True) from None


def _lost(request: HttpRequest, kept: list[Attachment], by: User | None) -> bool:
    """Whether a file the page listed is neither here nor sent already, by a first press of the same button."""
    gone = {_uuid(text) for text in request.POST.getlist(KEPT)[:50]} - {file.pk for file in kept}
    sent = Attachment.objects.filter(pk__in=gone, case__isnull=False, uploaded_by=by) if gone else ()
    return len(gone) > len(sent)


def pressed(request: HttpRequest) -> str:
    """What tells a press of a form with these files from one with others; empty without any."""
    uploads = [upload for name in sorted(request.FILES) for upload in request.FILES.getlist(name)]
    whole = hashlib.sha256()
    for upload in uploads:
        for chunk in upload.chunks():
            whole.update(chunk)
        upload.seek(0)
        whole.update(f"|{upload.size}".encode())
    return whole.hexdigest() if uploads else ""


def draft_of(request: HttpRequest) -> str:
    """The key files of this press wait under: the form's one-time id, this browser, this person, this address.

    A form without an id has a key of its own each time: its files go with this press or not at all.
    """
    key = (request.POST.get("idempotency_key") or request.POST.get("form_key") or secrets.token_hex(16))[:64]
    bound = (key, request.META.get("CSRF_COOKIE", ""), str(request.user.pk), request.path)
    return salted_hmac("milepost.files", "|".join(bound), algorithm="sha256").hexdigest()


def safe_line(typed: str) -> str:
    """One line of plain text."""
    return " ".join("".join(c if c.isprintable() else " " for c in typed).split())[:DESCRIPTION_MOST]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def files_with(form: Any) -> Sequence[Attachment]:
    """The files of a form, if it is one that takes any."""
    return form.enclosed() if isinstance(form, WithFiles) else ()
