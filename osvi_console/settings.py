"""Settings of OSVI Console, read from the environment (and from `.env` beside manage.py).

Every variable is described in docs/reference/settings.md; a test compares that page with this file.
A secret may also come from a file: NAME_FILE=/run/secrets/name is read when NAME is asked for.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from osvi_console.mail import mail_settings
from osvi_console.queue import huey_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")

# --- Django -----------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY").strip()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)

# The one public address: host names, trusted origins and webhook addresses derive from it.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_BASE_URL)
if _public.scheme not in {"http", "https"} or not _public.hostname:
    raise ImproperlyConfigured(
        "PUBLIC_BASE_URL must be the console's own address with http:// or https:// and a host, "
        "for example https://calls.example.org."
    )
ALLOWED_HOSTS = [_public.hostname, *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

INSTALLED_APPS = [
    "osvi_console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "phonenumber_field",
    "huey.contrib.djhuey",
    "calls",
    "osvi_simulator",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "osvi_console.urls"
WSGI_APPLICATION = "osvi_console.wsgi.application"

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
            ],
        },
    },
]

# --- Database and queue -----------------------------------------------------------------------

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

_database_url = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'console.sqlite3'}"
DATABASES = {"default": env.db_url_config(_database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Read-then-write in a deferred transaction fails with "database is locked" under load.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: the mark "sending" must survive a power cut before anybody's telephone rings.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # A file, so that the tests' worker processes and threads share it as they do in production.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
# Opening a connection costs more than most of what is done with it; seconds until it is opened anew.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONNECTION_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

QUEUE_URL = env.str("QUEUE_URL", default="") or f"sqlite:///{DATA_DIR / 'queue.sqlite3'}"
WORKER_THREADS = env.int("WORKER_THREADS", default=8)
HUEY = huey_settings(QUEUE_URL, workers=WORKER_THREADS)

# --- OSVI -------------------------------------------------------------------------------------

OSVI_API_URL = env.str("OSVI_API_URL", default="https://api.osvi.ai").rstrip("/")
OSVI_API_TOKEN = env.str("OSVI_API_TOKEN", default="").strip()
OSVI_CONNECT_TIMEOUT = env.float("OSVI_CONNECT_TIMEOUT", default=5.0)
OSVI_READ_TIMEOUT = env.float("OSVI_READ_TIMEOUT", default=30.0)
# Recordings are fetched from addresses that OSVI names; private ones only where the simulator names them.
OSVI_ALLOW_PRIVATE_ADDRESSES = env.bool("OSVI_ALLOW_PRIVATE_ADDRESSES", default=False)
# Bearer secrets that agent webhooks may present; two during a rotation.
OSVI_WEBHOOK_SECRETS = [secret.strip() for secret in env.list("OSVI_WEBHOOK_SECRETS", default=[])]

# --- Calls ------------------------------------------------------------------------------------

# What the strip on every page says: simulator, test or production.
CONSOLE_ENVIRONMENT = env.str("CONSOLE_ENVIRONMENT", default="production")
DEFAULT_COUNTRY = env.str("DEFAULT_COUNTRY", default="IN").upper()
PHONENUMBER_DEFAULT_REGION = DEFAULT_COUNTRY
PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "INTERNATIONAL"
# Seconds after which a call that waits unsent is given up, unsent.
CALL_QUEUE_DEADLINE = env.int("CALL_QUEUE_DEADLINE", default=3600)
# Seconds after the longest possible course of a call until it counts as "no outcome".
CALL_OUTCOME_DEADLINE = env.int("CALL_OUTCOME_DEADLINE", default=7200)
# Seconds until the first question to OSVI about an accepted call; the gaps then double.
CALL_FIRST_POLL = env.float("CALL_FIRST_POLL", default=10.0)
# So many failed sendings in a row pause all sending until a person resumes it.
CALL_FAILURES_BEFORE_PAUSE = env.int("CALL_FAILURES_BEFORE_PAUSE", default=5)

# Seconds after a call during which another one to the same number has to be confirmed.
CALL_DUPLICATE_WINDOW = env.int("CALL_DUPLICATE_WINDOW", default=900)

# --- Lists, calling hours, caps -----------------------------------------------------------------

# False only where nobody's telephone can ring: then every hour is a calling hour.
CALLING_HOURS_APPLY = env.bool("CALLING_HOURS_APPLY", default=True)
# How often one number may be rung within 24 hours and within seven days, by lists and by people; 0: no cap.
CALLS_PER_NUMBER_A_DAY = env.int("CALLS_PER_NUMBER_A_DAY", default=3)
CALLS_PER_NUMBER_A_WEEK = env.int("CALLS_PER_NUMBER_A_WEEK", default=10)
# Calls that the whole console sends on one day at most; 0: no cap.
CALLS_A_DAY = env.int("CALLS_A_DAY", default=5_000)
# All lists together, whatever each of them may do.
LIST_CALLS_PER_MINUTE = env.int("LIST_CALLS_PER_MINUTE", default=120)
LIST_CALLS_AT_ONCE = env.int("LIST_CALLS_AT_ONCE", default=20)
# A list with more rows has to be confirmed twice.
LIST_EXPECTED_ROWS = env.int("LIST_EXPECTED_ROWS", default=3_000)
_email_url = env.str("EMAIL_URL", default="")
vars().update(mail_settings(_email_url or "dummymail://"))
# Without it nobody is written to, which is no mistake: the console shows the same notices.
SENDS_EMAIL = bool(_email_url)
SILENCED_SYSTEM_CHECKS = [] if SENDS_EMAIL else ["mail.E001"]
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"osvi-console@{_public.hostname}")

# --- People, languages, time ------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# What people may choose, each in its own words. A language more: its name here and `make messages`.
LANGUAGES = [("en", "English"), ("hi", "हिंदी")]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "osvi_console.formats"
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Kolkata")
USE_I18N = True
USE_TZ = True

# --- Static files -----------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# In development files are served from where they are written; otherwise as collectstatic left them.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security ---------------------------------------------------------------------------------

_secure = _public.scheme == "https"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_secure)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _secure else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_HSTS_PRELOAD = _secure
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = _secure
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Words that strangers spoke are shown on these pages: nothing inline, nothing from other hosts.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Logging ----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "osvi_console.redaction.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # At DEBUG it writes the whole address of each request, links to recordings included.
        "urllib3": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # Two lines a task say nothing that the calls' own timelines do not say better.
        "huey": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
