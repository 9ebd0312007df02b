"""A mail server for tests: it listens on 127.0.0.1 and keeps what it is sent."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "console", "a p@ssword"


class MailServer(Controller):
    """Takes e-mail from USER with PASSWORD only, on a port that was free."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        super().__init__(
            self,
            hostname="127.0.0.1",
            port=0,
            authenticator=_is_user,
            auth_require_tls=False,
        )

    def _trigger_server(self) -> None:
        # The first connection, which the controller makes itself, needs to know the port.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if not session.authenticated:
            return "530 Authentication required"
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def _is_user(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    wanted = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=data == wanted)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A running server, which is over at the end of the block."""
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
