"""gunicorn's access log without tokens, secrets and numbers; used when `--access-logfile` is given."""

from typing import Any

from gunicorn.glogging import Logger

from osvi_console.redaction import redact


class RedactingLogger(Logger):  # type: ignore[misc, unused-ignore]
    """Redacts every text that can appear in a line: request line, path, query, referrer, headers."""

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(*args, **kwargs)
        return {name: redact(value) if isinstance(value, str) else value for name, value in atoms.items()}
