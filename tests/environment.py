"""Defaults for the whole suite, loaded before Django; DATABASE_URL and QUEUE_URL choose the engines under test."""

import os
import tempfile

# pytest-django reads the settings before any conftest, so this is a plugin (-p) and sets them on import.
_data = tempfile.mkdtemp(prefix="osvi-console-tests-")
os.environ.setdefault("SECRET_KEY", "only-for-tests-5f0f6d0c7c1f4e0f9d3b")
os.environ.setdefault("DEBUG", "1")
os.environ["DATA_DIR"] = _data
os.environ.setdefault("QUEUE_URL", "memory://")
os.environ.setdefault("CONSOLE_ENVIRONMENT", "test")
os.environ.setdefault("PUBLIC_BASE_URL", "http://127.0.0.1:8000")
# A developer's .env may hold a real account: no test may reach it.
os.environ["OSVI_API_URL"] = "http://127.0.0.1:9"
os.environ["OSVI_API_TOKEN"] = "token-for-tests0"
# The simulator keeps its recordings on this machine.
os.environ["OSVI_ALLOW_PRIVATE_ADDRESSES"] = "1"
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_data}/console.sqlite3")
# Tests run at any hour and ring the same numbers again and again; those of the guards switch them on.
os.environ.setdefault("CALLING_HOURS_APPLY", "0")
for _cap in ("CALLS_PER_NUMBER_A_DAY", "CALLS_PER_NUMBER_A_WEEK", "CALLS_A_DAY"):
    os.environ.setdefault(_cap, "0")
