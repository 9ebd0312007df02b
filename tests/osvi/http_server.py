"""A small real HTTP server whose answers a test writes out beforehand."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]


@dataclass
class ScriptedServer:
    """`answers` are given in order, the last one again and again; `received` is what came."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def script(self, *answers: Answer) -> None:
        self.answers[:] = answers


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: ScriptedServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = self.scripted
        server.received.append(
            Received(self.command, self.path, dict(self.headers), body, self.client_address)
        )
        answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        answer(self)

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the test output quiet."""


@contextmanager
def serve() -> Iterator[ScriptedServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted = ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = type("BoundHandler", (Handler,), {"scripted": scripted})
    # Broken pipes are part of the script.
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield scripted
    finally:
        scripted.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def reply(status: int, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
    """Answer with a status and JSON, or with raw bytes."""
    payload = raw if raw is not None else json.dumps(body).encode()

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    return answer


def hang_up(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """Break the connection with a TCP reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def stay_silent(handler: Handler) -> None:
    """Keep the connection open and say nothing until the test is over."""
    handler.scripted.release.wait(10)
    handler.close_connection = True


def trickle(handler: Handler) -> None:
    """Answer 200 and then send one byte at a time, each well within the read time limit."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.scripted.release.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def cut_off(status: int, sent: bytes) -> Answer:
    """Promise more than is sent, then close."""

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(sent) + 100))
        handler.end_headers()
        handler.wfile.write(sent)
        handler.close_connection = True

    return answer
