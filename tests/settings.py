"""The product's settings with what only a suite may do: cheap password hashes, mail kept in memory, unhashed static files."""

from portal.settings import *  # noqa: F403
from portal.settings import REST_FRAMEWORK, STORAGES

TESTING = True
# Most tests of the console are not about the way into it; those that are switch it on.
STAFF_SECOND_FACTOR = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Nothing of a test stays on the machine; the tests of files on disk say so themselves.
    "attachments": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
REST_FRAMEWORK = REST_FRAMEWORK | {"TEST_REQUEST_DEFAULT_FORMAT": "json"}
