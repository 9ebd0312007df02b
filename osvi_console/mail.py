"""How e-mail leaves: one address says it all."""

from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from environ import Env

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
# What Django 6.1 calls the settings that it had before.
_OPTIONS = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
    "EMAIL_TIMEOUT": "timeout",
    "EMAIL_FILE_PATH": "file_path",
}


def mail_settings(url: str) -> dict[str, Any]:
    """Return Django's settings for an e-mail address of django-environ: MAILERS, or EMAIL_… before Django 6.1.

    `url` is smtp://user:password@host:port, smtp+tls://… (STARTTLS) or smtp+ssl://…, and for development filemail:///path,
    consolemail:// or dummymail://, which sends nothing. Raises ImproperlyConfigured for any other scheme, and if an
    SMTP server has no name.
    """
    parsed = {name: value for name, value in Env.email_url_config(url).items() if value}
    backend = parsed["EMAIL_BACKEND"]
    if backend == _SMTP:
        if "EMAIL_HOST" not in parsed:
            raise ImproperlyConfigured("EMAIL_URL names no server; use smtp+tls://user:password@host:587")
        parsed["EMAIL_TIMEOUT"] = 20
    settings = {name: parsed[name] for name in _OPTIONS if name in parsed}
    if django.VERSION < (6, 1):
        return {"EMAIL_BACKEND": backend, **settings}
    options = {_OPTIONS[name]: value for name, value in settings.items()}
    return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
