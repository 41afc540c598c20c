"""People and teams: customers and staff are one kind of account, told apart by `is_staff`."""

from __future__ import annotations

from datetime import time
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _lazy

from cases.languages import in_language, kept_code

slug_rule = RegexValidator(r"^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and dashes.")


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an address is stored as typed and compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person with a usable or, when `password` is None, an unusable password."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=email.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An account for the first set-up of an installation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def at_address(self, email: str) -> models.QuerySet[User]:
        """The person of an address, small and capital letters alike.

        By LOWER, as the unique index has it: comparing by UPPER takes look-alikes such as “ſ” for “s”.
        """
        return self.annotate(plain=Lower("email")).filter(plain=email.strip().lower())

    def of_address(self, email: str, *, name: str = "", phone: str = "", language: str = "", **new: str) -> User:
        """The person behind an address, made (with `new` too) when there is none; a known person is left alone.

        `language` is the one they read our pages in; our letters to them are written in it.
        Known is who has a name or has shown that they read the address: a link to a draft needs neither.
        """
        known = self.at_address(email).first()
        if known is not None:
            if name and not (known.name or known.is_verified or known.has_usable_password()):
                told = {"name": name, "phone": phone, "language": kept_code(language)} | new
                for field, value in told.items():
                    setattr(known, field, value)
                known.save(using=self._db, update_fields=list(told))
            return known
        try:
            with transaction.atomic(using=self.db):
                return self.create_user(email, None, name=name, phone=phone, language=kept_code(language), **new)
        except IntegrityError:
            # Somebody used the same address for the first time in the same moment.
            return self.at_address(email).get()

    def at_any_address(self, email: str) -> User:
        """As `of_address`, by the same statements whether the address is known or not: how long it takes tells nothing."""
        fresh = self.model(email=email.strip())
        fresh.set_password(None)
        self.bulk_create([fresh], ignore_conflicts=True)
        return self.at_address(email).get()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.at_address(username or "").get()


class ProgressMail(models.TextChoices):
    """When a customer gets the letters that only report progress."""

    AT_ONCE = "as_it_happens", _lazy("As they happen")
    DAILY = "daily", _lazy("Once a day")


class Organisation(models.Model):
    """A customer company. By the setting SHARE_IN_ORGANISATION its people see each other's cases; staff say who is one."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff, known by one e-mail address."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="IANA name; empty means the company's.")
    language = models.CharField(max_length=12, default="en")
    # What kind of customer, for choosing the protocol; empty for most.
    segment = models.SlugField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # True once a link or code mailed to the address came back: until then no customer text is mailed there.
    is_verified = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    # Changed to end every session at once; sessions are bound to it as they are to the password.
    session_salt = models.CharField(max_length=32, blank=True, editable=False)
    # What the customer decided about letters; what is always sent has no switch (see `escalation.wishes`).
    progress_mail = models.CharField(max_length=14, choices=ProgressMail.choices, default=ProgressMail.AT_ONCE)
    digest_at = models.TimeField(default=time(17), help_text="In the person's own zone.")
    wants_surveys = models.BooleanField(default=True)
    wants_news = models.BooleanField(default=True)
    wants_problems = models.BooleanField(default=True)
    text_urgent = models.BooleanField(default=False)
    # Single letters act on the console's pages; of staff only.
    single_keys = models.BooleanField(default=True)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )
    # Whose figures they see: all teams', or, when this is set, those of `figure_teams` alone, be there none.
    figures_by_team = models.BooleanField(default=False)
    figure_teams: models.ManyToManyField = models.ManyToManyField("Team", blank=True, related_name="figures_read_by")
    # How best to reach them, in their own words: a need, not a wish of the moment.
    contact_needs = models.TextField(max_length=500, blank=True)
    # Set while they may still change their mind about being erased; then the day it was done, for good.
    erase_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)
        indexes = (
            models.Index(fields=("erase_at",), condition=Q(erase_at__isnull=False), name="user_to_erase"),
            # A few colleagues among many customers: lists of people ask for them by name.
            models.Index(fields=("name",), condition=Q(is_staff=True), name="user_staff"),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What each session of the person holds: a new password or a new salt makes them all worthless."""
        bound = f"{self.password}|{self.session_salt}"
        return salted_hmac("milepost.session", bound, secret=secret, algorithm="sha256").hexdigest()

    @property
    def first_name(self) -> str:
        """What customers and colleagues call the person."""
        if self.erased_at:
            return self.name  # "Erased person" is no name with a first part
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]

    @property
    def initials(self) -> str:
        """One or two letters for the owner card."""
        return "".join(part[0] for part in (self.name or self.email).split(" ")[:2] if part).upper()


class Team(models.Model):
    """A group of people who own cases together; tiers of a protocol name it by `slug`."""

    slug = models.CharField(max_length=50, unique=True, validators=[slug_rule])
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=100, blank=True, help_text="In words, shown to customers.")
    lead = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads")
    members: models.ManyToManyField = models.ManyToManyField(User, blank=True, related_name="teams")
    # What customers read of it in other languages, {"de": {"name": ..., "hours": ...}}; staff read the English.
    translations: models.JSONField = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def local_name(self) -> str:
        """The name in the language that is switched on; the English one where it has none."""
        return in_language(self.translations, "name", self.name)

    @property
    def local_hours(self) -> str:
        """Its hours in words, in the language that is switched on; in English where they have none."""
        return in_language(self.translations, "hours", self.hours)
