"""The same people and clock as the customer's pages have."""

from tests.portal.pages.conftest import cast, monday, sam

__all__ = ["cast", "monday", "sam"]
