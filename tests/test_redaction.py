"""No token, secret, presigned link or full telephone number reaches a log line, through the real formatter."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from phonenumber_field.phonenumber import PhoneNumber

from osvi_console.redaction import RedactingFormatter, redact

TOKEN = "tok-0123456789ab"
SECRET = "webhook-secret-1"


@pytest.fixture(autouse=True)
def _secrets(settings) -> None:
    settings.OSVI_API_TOKEN = TOKEN
    settings.OSVI_WEBHOOK_SECRETS = [SECRET, "webhook-secret-2"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the settings' own handler would write, formatter included."""
    root = logging.getLogger()
    configured = next(handler for handler in root.handlers if type(handler) is logging.StreamHandler)
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(configured.formatter)
    root.addHandler(handler)
    yield handler.stream
    root.removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"sent with {TOKEN}.", TOKEN),
        (f"{{'API-Token': '{TOKEN}'}}", TOKEN),
        (f"Authorization: Bearer {SECRET}", SECRET),
        ("Authorization: bearer never-configured", "never-configured"),
        (f"one of [{SECRET!r}, 'webhook-secret-2']", "webhook-secret-2"),
        ("Not Found: /webhooks/osvi/calls/abc.DEF-123_x/", "abc.DEF-123_x"),
        ('"POST /webhooks/osvi/calls/abc.DEF-123_x HTTP/1.1" 404', "abc.DEF-123_x"),
        ("http://127.0.0.1:8000/webhooks/osvi/calls/abc.DEF-123_x/?a=1", "abc.DEF-123_x"),
        ("https://bucket.example/a.mp4?X-Amz-Signature=abcdef", "abcdef"),
        (r"https:\/\/bucket.example\/a.mp4?X-Amz-Signature=abcdef", "abcdef"),
        ("GET /a.mp4?X-Amz-Date=1&X-Amz-Signature=abcdef HTTP/1.1", "abcdef"),
        ("calling +919876543210 now", "9876543210"),
        ("calling +91 98765 43210 now", "98765 43210"),
        ("calling +1 (201) 555-0123.", "555-0123"),
        ("calling +44 20 7946 0958", "7946 0958"),
        ("GET /v1/calls?phone_number=919876543210&page=1", "9876543210"),
        ("phone_number=%2B919876543210", "9876543210"),
        ('{"phone_number": "9876543210", "country_code": "IN"}', "9876543210"),
        ("'phone': '20794609'", "20794609"),
        ("digits 9876543210", "9876543210"),
    ],
)
def test_it_redacts(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 10:05:23,123 INFO huey.consumer Huey consumer started with 8 thread, PID 4711",
        "Delivery 1234567 could not be applied",
        '127.0.0.1 "GET /admin/calls/calllog/123456/change/ HTTP/1.1" 200 51234',
        "executed in 0.003s, 9f1c7a3e-5d0b-4f0e-9f0a-3f2c6f1f7a11",
    ],
)
def test_it_leaves_the_rest_alone(text: str) -> None:
    assert redact(text) == text


def test_the_last_digits_stay_to_tell_calls_apart() -> None:
    assert redact("calling +919876543210 now") == "calling +…10 now"


def test_arguments_are_covered(log: io.StringIO) -> None:
    number = PhoneNumber.from_string("+919876543210")

    logging.getLogger("calls.anything").warning("Calling %s (%r) with %s", number, number, TOKEN)

    assert "98765" not in log.getvalue()
    assert TOKEN not in log.getvalue()
    assert "Calling +…10" in log.getvalue()


def test_tracebacks_are_covered(log: io.StringIO) -> None:
    try:
        raise ValueError(f"API-Token {TOKEN}, +919876543210, https://a.example/b?X-Amz-Signature=abcdef")
    except ValueError:
        logging.getLogger("calls.anything").exception("It broke")

    written = log.getvalue()
    assert "Traceback" in written
    assert "ValueError: API-Token [secret], +…10, https://a.example/b?[…]" in written
    assert not any(secret in written for secret in (TOKEN, "9876543210", "abcdef"))


@pytest.mark.django_db
def test_djangos_own_warnings_about_webhook_addresses(log: io.StringIO, client: Client, call: Any) -> None:
    token = call.webhook_token
    for path in (f"/webhooks/osvi/calls/{token}x/", f"/webhooks/osvi/calls/{token}/more/"):
        assert client.post(path, {}, content_type="application/json").status_code == 404

    written = log.getvalue()
    assert written.count("Not Found: /webhooks/osvi/calls/[token]/") == 2
    assert token not in written


def test_every_handler_of_the_settings_redacts(settings: Any) -> None:
    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == {"line"}
    for name in ("", "huey", "django", "django.server"):
        handlers = [
            handler for handler in logging.getLogger(name).handlers if type(handler) is logging.StreamHandler
        ]
        assert all(isinstance(handler.formatter, RedactingFormatter) for handler in handlers)
        assert handlers or logging.getLogger(name).propagate


def test_the_http_library_writes_no_addresses_whatever_the_level() -> None:
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)
