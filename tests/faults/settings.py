"""The suite's settings for processes a fault test starts: they send real mail to the test's own server."""

from portal import settings as product
from tests.settings import *  # noqa: F403

EMAIL_BACKEND = product.EMAIL_BACKEND
