"""A recording that can be played, behind a link that expires."""

import functools
import hashlib
import hmac
import io
import math
import secrets
import struct
import wave

LINK_SECONDS = 900
_RATE = 8000  # samples per second, telephone quality


@functools.cache
def wav() -> bytes:
    """Return a WAV file of three seconds: two voices, as tones, take turns."""
    samples = (
        int(9000 * math.sin(2 * math.pi * (440 if (index * 2 // _RATE) % 2 else 330) * index / _RATE))
        for index in range(3 * _RATE)
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


class RecordingLinks:
    """Signs and checks links; times are seconds since the epoch."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def path(self, call_id: str, now: float) -> str:
        """Return a fresh path, good for LINK_SECONDS from `now`."""
        expires = str(int(now) + LINK_SECONDS)
        return f"/recordings/{call_id}.wav?expires={expires}&signature={self._signature(call_id, expires)}"

    def is_good(self, call_id: str, expires: str, signature: str, now: float) -> bool:
        """Return whether the signature is ours and has not expired."""
        genuine = hmac.compare_digest(signature.encode(), self._signature(call_id, expires).encode())
        return genuine and now <= int(expires)

    def _signature(self, call_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{call_id}:{expires}".encode(), hashlib.sha256).hexdigest()
