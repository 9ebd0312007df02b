"""A recording that can be played, behind a link that expires."""

import functools
import hashlib
import hmac
import io
import math
import secrets
import wave

LINK_SECONDS = 900
_RATE = 8000  # samples per second, telephone quality
SECONDS = 40


@functools.cache
def wav() -> bytes:
    """Return a WAV file of SECONDS: two voices, as tones, take turns every second, each on its own track."""
    agent, person = (_voice(pitch) for pitch in (330, 440))
    quiet = bytes([128]) * _RATE
    turns = [_interleaved(agent, quiet), _interleaved(quiet, person)]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(1)
        out.setframerate(_RATE)
        out.writeframes(b"".join(turns) * (SECONDS // len(turns)))
    return file.getvalue()


def _voice(pitch: int) -> bytes:
    """Return one second of a tone, a byte for each sample."""
    return bytes(round(128 + 60 * math.sin(2 * math.pi * pitch * index / _RATE)) for index in range(_RATE))


def _interleaved(left: bytes, right: bytes) -> bytes:
    """Return two tracks of one second as one of two channels."""
    return bytes(sample for both in zip(left, right, strict=True) for sample in both)


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
