"""Every setting of Milepost, read from the environment; a secret may also be given as NAME_FILE.

Nothing needs to be set to try it out.  For production see portal/checks.py: `manage.py check --deploy` says what is missing.
"""

from email.utils import formataddr
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF
from environs import FileAwareEnv

from portal.environment import (
    attachment_storage,
    database_settings,
    inbound_settings,
    is_loopback,
    kept_secret,
    languages,
    mail_settings,
)

env = FileAwareEnv(strip_whitespace=True)
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs

DEBUG = env.bool("DEBUG", False)
DATA_DIR = Path(env.str("DATA_DIR", "") or BASE_DIR / ".data").absolute()
PORT = env.int("PORT", 8000)
BIND = env.str("BIND", "127.0.0.1")
BASE_URL = env.str("BASE_URL", "").rstrip("/") or f"http://127.0.0.1:{PORT}"

_address = urlsplit(BASE_URL)
_host = _address.hostname or ""
# Both the name it is known by and the address it listens on: only then can nobody else come in.
ON_LOOPBACK = is_loopback(_host) and is_loopback(BIND)
IS_HTTPS = _address.scheme == "https"

SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret(DATA_DIR / "secret-key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = [_host, *env.list("ALLOWED_HOSTS", []), *(["localhost", "127.0.0.1", "[::1]"] if ON_LOOPBACK else [])]
CSRF_TRUSTED_ORIGINS = [f"{_address.scheme}://{_address.netloc}"]

# How many proxies stand before the server.  It speaks no TLS itself, so an https address means there is one.
PROXY_COUNT = env.int("PROXY_COUNT", 1 if IS_HTTPS else 0)

# --- What the portal says of itself

MESSAGE_ID_DOMAIN = "milepost.localhost" if ON_LOOPBACK else _host
BRAND: dict[str, Any] = {
    "name": env.str("BRAND_NAME", "Milepost Support"),
    "from_email": env.str("FROM_EMAIL", f"support@{MESSAGE_ID_DOMAIN}"),
    "phone": env.str("BRAND_PHONE", ""),
    "hours": env.str("BRAND_HOURS", "Monday to Friday, 09:00 to 17:30 London time"),
    # What mails come from; the name where this is empty.
    "from_name": env.str("BRAND_FROM_NAME", ""),
    "colour": env.str("BRAND_COLOUR", "#0B4F8A"),
    # At most five: BRAND_LINKS="Our shop=https://shop.example,Imprint=https://shop.example/imprint".
    "links": env.dict("BRAND_LINKS", default={}),
}
# A stylesheet of one's own, a file; the last on every page, under the same strict policy.
BRAND_STYLESHEET = env.str("BRAND_STYLESHEET", "")
REFERENCE_PREFIX = env.str("REFERENCE_PREFIX", "MP")
COMPANY_TIME_ZONE = env.str("COMPANY_TIME_ZONE", "Europe/London")
# The survey of a settled case. When it goes is in the protocol (`windows.survey_*`); 0 days: no reminder.
SURVEY: dict[str, Any] = {
    "effort": env.bool("SURVEY_EFFORT", True),
    "anonymous": env.bool("SURVEY_ANONYMOUS", False),
    "reminder_days": env.int("SURVEY_REMINDER_DAYS", 3),
    # Of all that a customer is asked by letter, at most one question in so many days.
    "one_in_days": env.int("SURVEY_ONE_IN_DAYS", 14),
    # The milestones (1, 2, 3) of an escalated case after which "are we on the right track?" is asked; none: never.
    "interim": env.list("SURVEY_INTERIM", [], subcast=int),
    # Working hours within which a supervisor answers a low score; a working day of the calendar that comes with it.
    "low_answer_hours": env.int("SURVEY_LOW_ANSWER_HOURS", 8),
}
# Of a hundred customers of the last year so many are asked each quarter whether they would recommend us; 0: nobody.
RECOMMEND: dict[str, Any] = {"per_cent": env.int("RECOMMEND_PERCENT", 0)}
# Asking a customer after their case was settled whether it is still fixed: so many days after, which cases ("escalated", "urgent":
# severity 1 and 2, "remedied", "all"; several with a comma), and the working hours the colleague has for it; 0 days: never.
FOLLOW_UP: dict[str, Any] = {
    "days": env.int("FOLLOW_UP_DAYS", 3),
    "cases": env.list("FOLLOW_UP_CASES", ["escalated"]),
    "hours": env.int("FOLLOW_UP_HOURS", 8),
}
# Working days from the opening of a post-mortem to the day it is due.
POST_MORTEM_DAYS = env.int("POST_MORTEM_DAYS", 5)

# --- The application

INSTALLED_APPS = [
    "portal",
    "cases",
    "escalation",
    "feedback",
    "portal.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    # Before staticfiles, so that runserver serves files as the real server does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_fsm",
    "django_q",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages and our own sheets travel packed; Django pads them at random, so that lengths give no secret away.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.speak_language",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.gates.staff_gate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
            ],
        },
    }
]
# Lets templates/django/forms/ replace how a field looks.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en-gb"
# What customers read and saved replies may be written in; English is always one of them.
LANGUAGES = languages(LANGUAGE_CODE, env.list("LANGUAGES", ["en", "de", "tr", "ar"]))
LANGUAGE_COOKIE_NAME = "milepost_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
FORMAT_MODULE_PATH = "portal.formats"
USE_TZ = True
TIME_ZONE = "UTC"

# --- Data

DATABASES = {
    "default": database_settings(
        env.dj_db_url("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR / 'milepost.sqlite3'))}"),
        pool=env.bool("DATABASE_POOL", False),
    )
}
# Rate limits must be one count for all processes, which rules out local memory.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "milepost_cache",
        # The default of 300 would throw rate limits away while they still count.
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
MEDIA_ROOT = DATA_DIR / "attachments"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Uploads go to disk as they come in: memory stays flat whatever somebody sends.
FILE_UPLOAD_HANDLERS = ["portal.uploads.LimitedUpload"]
# A scanner for viruses that speaks clamd's protocol, as host:port or the path of its socket; empty: none.
CLAMD = env.str("CLAMD", "")

# --- People and sessions

AUTH_USER_MODEL = "cases.User"
AUTHENTICATION_BACKENDS = ["portal.accounts.rights.Rights"]
LOGIN_URL = "/account/sign-in/"
LOGIN_REDIRECT_URL = "/cases/"
LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# django-allauth keeps the steps of signing in; addresses, pages, mails and most limits are ours (docs/accounts.md).
ACCOUNT_ADAPTER = "portal.accounts.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
# Addresses are proved by `cases.User.is_verified`, not by a second register of them.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_RATE_LIMITS = {"login_failed": "50/15m/ip,10/15m/key"}
MFA_ADAPTER = "portal.accounts.mfa.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = BRAND["name"]
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds: clocks of phones are not exact
# Nobody else can reach a portal on one's own machine; everywhere else a mailbox alone must not open the console.
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", not ON_LOOPBACK)
# Minutes after which staff who do nothing are signed out; customers stay signed in for two weeks.
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", 60)
IDLE_COOKIE_NAME = "__Host-seen" if IS_HTTPS else "milepost_seen"

# A row costs one read by primary key, and signing out, a stolen cookie or a changed role can end it at once.
# A signed cookie would stay good until it expires, and a cache in the same database would be no faster.
SESSION_ENGINE = "portal.sessions"
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "milepost_session"
# Holds the secret of what a guest began to tell us.
DRAFT_COOKIE_NAME = "__Host-draft" if IS_HTTPS else "milepost_draft"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "milepost_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.pages.kept.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- What browsers are told

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = IS_HTTPS
# Probes ask from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT and IS_HTTPS else None
# Preloading binds a whole domain for years, which is for its owner to ask for, not for one application.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
_static_storage = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": attachment_storage(env.str("ATTACHMENTS_URL", ""), folder=MEDIA_ROOT),
    "staticfiles": {"BACKEND": _static_storage},
}

# --- Webhooks

# Names that protocols may call, and where they are: WEBHOOKS="pager=https://pager.example/hook,chat=https://…".
WEBHOOKS = env.dict("WEBHOOKS", default={})
WEBHOOK_SECRET = env.str("WEBHOOK_SECRET", "")

# --- Mail

_mail = mail_settings(env.str("EMAIL_URL", ""), folder=DATA_DIR / "mail")
globals().update(_mail)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = formataddr((BRAND["name"], BRAND["from_email"]))
EMAIL_SUBJECT_PREFIX = ""

# Mail that comes in, fetched from imaps://user:password@host/INBOX; empty: none is (docs/inbound.md).
INBOUND_URL = env.str("INBOUND_URL", "")
# A file of certificates that are trusted for it, where the mail server's is from the company's own authority.
INBOUND = inbound_settings(INBOUND_URL, ca_file=env.str("INBOUND_CA_FILE", ""))
# What answers go to, as support+<token>@...: an address that ends up in that mailbox.
INBOUND_ADDRESS = env.str("INBOUND_ADDRESS", "") or BRAND["from_email"]
# What a mail that belongs to no case does: "open" one, or "link" to the page where one tells us.
INBOUND_NEW = env.str("INBOUND_NEW", "open")
INBOUND_TOPIC = env.str("INBOUND_TOPIC", "other")

# Days after the end of a person's last case before they may be erased: what the law makes a company keep.
ERASURE_KEEPS_DAYS = env.int("ERASURE_KEEPS_DAYS", 0)

# Whether customers may add people to a case of theirs, who then see it and write on it.
SHARE_CASES = env.bool("SHARE_CASES", False)
# Whether customers of one company see each other's cases; staff say who belongs to which.
SHARE_IN_ORGANISATION = env.bool("SHARE_IN_ORGANISATION", False)

# Which cases a colleague sees: all, or (teams) their own, those of their teams and those they have acted on.
STAFF_SEE = env.str("STAFF_SEE", "all")
# Working hours without an act of a colleague after which supervisors read of a case.
UNTOUCHED_HOURS = env.int("UNTOUCHED_HOURS", 16)
# Days within which every lesson of a colleague gets an answer, and how many cases a week are drawn for review.
LESSON_ANSWER_DAYS = env.int("LESSON_ANSWER_DAYS", 7)
QUALITY_SAMPLE = {
    "by_chance": env.int("QUALITY_BY_CHANCE", 3),
    "by_risk": env.int("QUALITY_BY_RISK", 3),
}
# Days within which a proposed improvement is agreed or declined, and whether everybody can read what was changed.
IMPROVEMENT_DECISION_DAYS = env.int("IMPROVEMENT_DECISION_DAYS", 10)
PUBLIC_IMPROVEMENTS = env.bool("PUBLIC_IMPROVEMENTS", True)

# Whether texts can be sent to phones. Nothing sends any yet, so nobody is offered them.
SMS_CHANNEL = False

# --- The queue: a doorbell, never the record.  Each value was found by trying; see docs/decisions/.

Q_CLUSTER: dict[str, Any] = {
    "name": "milepost",
    "orm": "default",
    "workers": 2,
    "timeout": 60,
    "retry": 600,
    "queue_limit": 1,
    "bulk": 1,
    "max_attempts": 5,
    "ack_failures": False,
    "catch_up": False,
    "save_limit": 200,
    "poll": 1,
}

# --- The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    # The browsable API needs inline scripts, which the policy above forbids.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {"TITLE": "Milepost", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# --- Logs: to stderr, with addresses, tokens and other personal data blotted out

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"blotted": {"()": "portal.logs.BlottingFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "blotted"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        # Django's own set-up also mails errors to ADMINS; here the one handler above has them all.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # It tells each letter of a file it makes: what people wrote is not for logs.
        "fontTools": {"level": "ERROR"},
        "fpdf": {"level": "ERROR"},
        "django-q": {"handlers": [], "level": env.str("QUEUE_LOG_LEVEL", "WARNING"), "propagate": True},
    },
}
