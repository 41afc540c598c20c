"""The cast, and the doors' clock put to a Monday and back."""

from tests.portal.pages.conftest import cast, monday, sam

__all__ = ["cast", "monday", "sam"]
