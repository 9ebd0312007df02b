"""Which addresses count as public, and that the one that was checked is the one that is connected to."""

import socket

import pytest
import urllib3

from calls.osvi import addresses

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1"),  # noqa: S104
    *(
        "169.254.169.254",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "192.88.99.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.2.3",
    ),
    *(
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.1.1",
        "fe80::1",
        "fe80::1%eth0",
    ),
    *(
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
    ),
    *("", "localhost", "2130706433", "0x7f.1", "127.1"),
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "52.95.110.1",
    "2600:1f18::1",
    "::ffff:8.8.8.8",
    "2002:808:808::",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001", "017700000001"]
)
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]

        with pytest.raises((urllib3.exceptions.HTTPError, OSError)):
            addresses.pool_manager(allow_private=False).request("GET", f"http://{host}:{port}/", timeout=2)

        with pytest.raises(TimeoutError):
            server.accept()


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(urllib3.exceptions.HTTPError, match="not a public one"):
        addresses.pool_manager(allow_private=False).request("GET", "http://recordings.example/", timeout=2)


def test_the_address_that_was_checked_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that turns into a private address after the check leads nowhere else."""
    asked, connected = [], []
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])

    def resolve(host: str, port: int, *_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *_args: object, **_kwargs: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(addresses.sockets, "create_connection", connect)

    with pytest.raises((urllib3.exceptions.HTTPError, OSError)):
        addresses.pool_manager(allow_private=False).request("GET", "http://recordings.example/", timeout=2)

    assert asked == ["recordings.example"]
    assert connected == [("8.8.8.8", 80)]
