"""Which addresses may be fetched when somebody else named them: public ones, checked where the connection is opened.

A name is resolved once and the connection goes to just the address that was checked, so that a name cannot
mean a public address when it is asked about and a private one when it is used.
"""

import ipaddress
import socket
from typing import Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import connection as sockets

SCHEMES = frozenset({"http", "https"})


# Not public either, though not every Python version knows.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "fec0::/10"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddress(OSError):
    """The address is not public. The message names no address."""


def is_public(address: str) -> bool:
    """Tell whether an IP address, as text, belongs to the public Internet; IPv4 inside of IPv6 counts as IPv4."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        # An IPv4 address translated by NAT64 is inside, too.
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of `host`. Raises ForbiddenAddress if one is not public, OSError if there is none."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(map(is_public, addresses)):
        raise ForbiddenAddress("The address is not a public one.")
    return addresses


class _Checked:
    """Opens connections only to addresses that were checked."""

    def _new_conn(self: Any) -> socket.socket:
        problem: OSError = ForbiddenAddress("The host has no address.")
        for address in _resolve(self.host, self.port):
            try:
                return sockets.create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as error:
                problem = error
        raise problem


class _CheckedHTTPConnection(_Checked, HTTPConnection):
    pass


class _CheckedHTTPSConnection(_Checked, HTTPSConnection):
    pass


class _CheckedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


def pool_manager(*, allow_private: bool) -> urllib3.PoolManager:
    """Return connections for addresses that somebody else named; private ones only if `allow_private`.

    No proxy is used: behind one, nobody could tell which address is reached in the end.
    """
    manager = urllib3.PoolManager(num_pools=4, retries=False, ca_certs=certifi.where())
    if not allow_private:
        manager.pool_classes_by_scheme = {"http": _CheckedHTTPPool, "https": _CheckedHTTPSPool}
    return manager
