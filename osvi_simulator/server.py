"""The simulator over HTTP: start it in this process, or from the command line."""

import logging
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from osvi_simulator.api import Api
from osvi_simulator.control import control, recording
from osvi_simulator.journal import Journal, ReceivedRequest
from osvi_simulator.options import Options
from osvi_simulator.reply import HANG_UP, NOT_FOUND, SERVER_ERROR, Reply, Request, plain_refusal

LARGEST_BODY = 16 * 1024 * 1024  # bytes; the largest upload of contacts fits

logger = logging.getLogger(__name__)


class SimulatorServer:
    """A running simulator: `with SimulatorServer(speed=50) as simulator: simulator.url`.

    Takes the fields of `Options`. Port 0 picks a free one. It listens from `start` to `stop`.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **options: Any) -> None:
        self._stopping = threading.Event()
        self.journal = Journal()
        self.api = Api(Options(**options), self.journal, self._stopping)
        self._server = _Server((host, port), self.api)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="osvi-simulator", daemon=True
        )

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def rings(self, phone_number: str) -> int:
        """Return how many requests rang this number (E.164)."""
        return self.journal.rings.get(phone_number, 0)

    def configure(self, **options: Any) -> None:
        """Change fields of `Options` while running."""
        self.api.options = Options(**(self.api.options.model_dump() | options))

    def start(self) -> None:
        self.api.courier.start()
        self._thread.start()

    def stop(self) -> None:
        """Close every connection, answered or not, and send no more webhooks."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.api.courier.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        self.api = api
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Skip HTTPServer's question to the resolver for the host's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._lock:
            for connection in self._connections:
                _hang_up(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what a test of faults is about; everything else is a defect."""
        error = sys.exception()
        if not isinstance(error, OSError):
            logger.error("A request to the simulator failed", exc_info=error)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("The client had closed the connection already")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "OSVI-simulator"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # the whole answer leaves in one piece
    timeout = 600  # seconds a connection may stay idle
    server: _Server

    def do_GET(self) -> None:
        body = self._read_body()
        parts = urlsplit(self.path)
        if isinstance(body, Reply):
            self.close_connection = True
            if parts.path.startswith("/v1/"):
                self._enter(b"").status = body.status
            self._write(body)
            return
        query = dict(parse_qsl(parts.query))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, query, headers, body)
        api = self.server.api
        if parts.path.startswith("/v1/"):
            self._answer_api(api, request)
        elif parts.path.startswith("/_simulator/"):
            self._write(control(api, request))
        elif parts.path.startswith("/recordings/"):
            self._write(recording(api, request))
        else:
            self._write(NOT_FOUND)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _answer_api(self, api: Api, request: Request) -> None:
        entry = self._enter(request.body)
        try:
            reply = api.answer(request, entry)
        except Exception:
            logger.exception("The simulator failed on %s %s", request.method, request.path)
            reply = SERVER_ERROR
        if api.pause():
            reply = HANG_UP
        entry.status = reply.status
        self._write(reply)

    def _enter(self, body: bytes) -> ReceivedRequest:
        token = self.headers.get("API-Token", "")
        return self.server.api.journal.received(self.command, self.path, token, body)

    def _read_body(self) -> bytes | Reply:
        """Return the body, or the refusal of one that cannot be read; the connection must then be closed."""
        length = self.headers.get("Content-Length")
        if length is None:
            if self.command in {"POST", "PUT", "PATCH"} or "Transfer-Encoding" in self.headers:
                return plain_refusal(411, "Content-Length is required")
            return b""
        if not (length.isascii() and length.isdigit()):
            return plain_refusal(400, "Content-Length is not a number")
        if int(length) > LARGEST_BODY:
            return plain_refusal(413, "The request body is too large")
        return self.rfile.read(int(length))

    def _write(self, reply: Reply) -> None:
        if reply.status is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def handle_expect_100(self) -> bool:
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, format: str, *args: Any) -> None:
        """The journal takes the place of an access log."""
