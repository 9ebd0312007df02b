"""gunicorn's own log lines without tokens, secrets and numbers: errors, and accesses with `--access-logfile`."""

from typing import Any

from gunicorn.glogging import Logger

from osvi_console.redaction import RedactingFormatter, redact


class RedactingLogger(Logger):  # type: ignore[misc, unused-ignore]
    """Redacts every text that can appear in a line: request line, path, query, referrer, headers."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(RedactingFormatter(self.error_fmt, self.datefmt))

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(*args, **kwargs)
        return {name: redact(value) if isinstance(value, str) else value for name, value in atoms.items()}
