"""Factories for the rows a test needs many of; a case is never made here, it is filed by `file_case`."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from cases.models import Category, Team, User


class UserFactory(DjangoModelFactory):
    """A customer who has proved their address and cannot sign in with a password."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person Number{n}")
    is_verified = True
    password = "!"


class StaffFactory(UserFactory):
    """Somebody of the staff, without a role: what they may see and do comes with their groups."""

    email = factory.Sequence(lambda n: f"staff{n}@example.com")
    is_staff = True


class TeamFactory(DjangoModelFactory):
    """A team nobody belongs to yet."""

    class Meta:
        model = Team

    slug = factory.Sequence(lambda n: f"team-{n}")
    name = factory.Sequence(lambda n: f"Team {n}")


class CategoryFactory(DjangoModelFactory):
    """A topic customers can choose."""

    class Meta:
        model = Category

    slug = factory.Sequence(lambda n: f"topic-{n}")
    name = factory.Sequence(lambda n: f"Topic {n}")
