"""Keeps secrets and people's numbers out of every log line, tracebacks included."""

import logging
import re

from django.conf import settings

_WEBHOOK_TOKEN = re.compile(r"(/webhooks/osvi/calls/)[^/\s?\"']+")
# The token itself, wherever it stands: a reference and its signature (calls.models.CallLog.webhook_token).
_BARE_TOKEN = re.compile(r"\b[0-9a-f]{32}\.[\w-]{40,}")
# International form, also with the blanks, dots and brackets that people and libraries put in.
_PHONE_NUMBER = re.compile(r"(?:\+|%2B)\d(?:[\s().-]{0,2}\d){3,12}[\s().-]{0,2}(\d{2})\b")
# National digits as they are sent, or an international number without its plus.
_BARE_NUMBER = re.compile(r"(?<![\w.-])\d{8,13}(\d{2})(?![\w-])")
_NAMED_NUMBER = re.compile(r"(?i)(phone(?:_?number)?[\"']?\s*[:=]\s*[\"']?)\d{2,13}(\d{2})\b")
# A link that works for whoever holds it: everything after the question mark, also with JSON's "\/".
_SIGNED_QUERY = re.compile(r"(https?:(?:\\?/){2}[^\s?\"']+)\?[^\s\"']+")
_SIGNATURE = re.compile(r"(?i)([?&](?:x-amz-[a-z-]+|signature|sig|token)=)[^&\s\"']+")
_BEARER = re.compile(r"(?i)(bearer\s+)[^\s\"',]+")


def redact(text: str) -> str:
    """Return `text` without tokens, secrets, presigned link queries and full phone numbers."""
    for secret in (settings.OSVI_API_TOKEN, *settings.OSVI_WEBHOOK_SECRETS):
        if secret:
            text = text.replace(secret, "[secret]")
    text = _WEBHOOK_TOKEN.sub(r"\1[token]", text)
    text = _BARE_TOKEN.sub("[token]", text)
    text = _BEARER.sub(r"\1[secret]", text)
    text = _SIGNED_QUERY.sub(r"\1?[…]", text)
    text = _SIGNATURE.sub(r"\1[secret]", text)
    text = _PHONE_NUMBER.sub(r"+…\1", text)
    text = _NAMED_NUMBER.sub(r"\1…\2", text)
    return _BARE_NUMBER.sub(r"…\1", text)


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that arguments and tracebacks are covered too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
