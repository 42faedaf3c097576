"""The network below the HTTP library: connects to addresses that were judged, and to no others, within a deadline.

The name is resolved once, and the connection goes to the very addresses that were judged: a name that changes its
address in between (DNS rebinding) gains nothing. The library still sees the name, for Host, SNI and the certificate.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as ResolutionTimeout
from ipaddress import ip_address
from typing import Any

import httpcore

from scim_server.outbound.addresses import IPAddress, IPNetwork, Url, check_address, literal
from scim_server.outbound.errors import Unreachable

Resolve = Callable[[str, int], Sequence[IPAddress]]

# So many addresses of one name are tried.
_MAX_ADDRESSES = 4
# The system's resolver cannot be told when to give up; a few threads wait for it in our place.
_resolving = ThreadPoolExecutor(max_workers=4, thread_name_prefix="resolve")


def resolve_by_system(host: str, port: int) -> list[IPAddress]:
    """Return the addresses of a name as the system's resolver knows them; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A scope (fe80::1%eth0) never is part of a public address.
    return list(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found))


class Deadline:
    """The moment by which one call, with all its steps, must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class GuardedBackend(httpcore.NetworkBackend):
    """Connects for one URL: resolves, judges every address, and tries them in order."""

    def __init__(self, url: Url, deadline: Deadline, allowed: Sequence[IPNetwork], resolve: Resolve) -> None:
        self._url = url
        self._deadline = deadline
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._judged()
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(str(address), self._url.port, timeout=self._deadline.left())
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            return GuardedStream(stream, self._deadline)
        raise Unreachable(f"No connection to {self._url.host}, port {self._url.port}.")

    def _judged(self) -> Sequence[IPAddress]:
        own = literal(self._url.host)
        addresses = [own] if own is not None else self._resolved()
        for address in addresses:  # also those that would not be tried: a name is honest as a whole
            check_address(self._url, address, self._allowed)
        return addresses[:_MAX_ADDRESSES]

    def _resolved(self) -> Sequence[IPAddress]:
        try:
            asked = _resolving.submit(self._resolve, self._url.host, self._url.port)
            addresses = asked.result(self._deadline.left())
        except ResolutionTimeout:
            asked.cancel()
            raise Unreachable(f"The DNS did not answer in time for {self._url.host}.") from None
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise Unreachable(f"The DNS knows no address of {self._url.host}.")
        return addresses


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every step ends by the deadline, however slowly the other side dribbles."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return GuardedStream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
