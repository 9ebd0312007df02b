"""Account: a question to OSVI that changes nothing on either side, to see whether the token is good."""

from calls.osvi.client import OsviClient, get_client


def count_active_agents(client: OsviClient | None = None) -> int:
    """Return how many agents OSVI lists as active. Raises OsviError."""
    return len((client or get_client()).active_agents())
