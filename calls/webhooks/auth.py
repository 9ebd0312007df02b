"""Who may deliver: proof in the address (per call) or in a header (agent integrations)."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from calls.osvi.cleaning import clean_text
from osvi_console.redaction import redact

# Headers with such a word in their name carry secrets and are never stored.
SECRET_WORDS = ("auth", "cookie", "credential", "key", "password", "secret", "session", "signature", "token")


def has_accepted_secret(request: HttpRequest) -> bool:
    """Tell whether the request carries `Authorization: Bearer` with one of OSVI_WEBHOOK_SECRETS.

    Two secrets are accepted during a rotation. No secret configured means that nothing is accepted.
    """
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not presented:
        return False
    # All are compared, so that the time taken does not tell which one was close.
    matches = [constant_time_compare(presented.strip(), secret) for secret in settings.OSVI_WEBHOOK_SECRETS]
    return any(matches)


def masked_headers(request: HttpRequest) -> dict[str, str]:
    """Return the request's headers, storable, with every secret replaced.

    Values are redacted too: proxies repeat the address, which ends in a call's token, in headers of their own.
    """
    return {
        clean_text(name): "[masked]" if _is_secret(name) else redact(clean_text(value))
        for name, value in request.headers.items()
    }


def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in SECRET_WORDS)
