"""Where this server may connect to: what a URL may look like, and which IP addresses are nobody's inside."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

MAX_URL_LENGTH = 2_048
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.ASCII)
# What resolvers read as an IPv4 address in some notation: a last label of digits, or hexadecimal.
_NUMERIC = re.compile(r"(\d+|0x[0-9a-f]*)\.?", re.ASCII)
# Printable ASCII without what parsers read differently.
_PLAIN = re.compile(r"[!#-\[\]_a-z~]+", re.ASCII | re.IGNORECASE)
# NAT64 (RFC 6052) carries an IPv4 address, which is what is judged.
_NAT64 = IPv6Network("64:ff9b::/96")
# Not marked private by the registry, and yet no place for a service: tunnels, which would lead to any IPv4 address,
# addresses of IPv4 in an outdated notation, site-local ones, and the relay anycast of 6to4.
_REFUSED: tuple[IPNetwork, ...] = (
    IPv6Network("::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("fec0::/10"),
    IPv4Network("192.88.99.0/24"),
)


class AddressRefused(ValueError):
    """A URL or an address that this server does not call; the message names the way out."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL that may be called, once its host's addresses are judged. `host` has no brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_encrypted(self) -> bool:
        """Tell whether the connection is over TLS."""
        return self.scheme == "https"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return what two URLs share that the same server answers."""
        return self.scheme, self.host, self.port


def read_url(text: str) -> Url:
    """Return the parts of an absolute http or https URL in its plain form; raises AddressRefused.

    Names in other scripts are written in their xn-- form. A fragment is refused: it is never sent.
    """
    if len(text) > MAX_URL_LENGTH or not _PLAIN.fullmatch(text):
        raise AddressRefused(f"A URL has at most {MAX_URL_LENGTH} plain ASCII characters, without spaces.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressRefused("This is no URL: its host or port cannot be read.") from None
    if parts.scheme not in _DEFAULT_PORTS or not text.lower().startswith(f"{parts.scheme}://"):
        raise AddressRefused("A URL begins with https://.")
    if "@" in parts.netloc or parts.fragment or text.endswith("#"):
        raise AddressRefused("A URL holds neither a user name nor a fragment.")
    if port == 0:
        raise AddressRefused("A URL's port is from 1 to 65535.")
    host = _host(parts)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], target)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if parts.netloc.startswith("["):
        try:
            address = IPv6Address(host)
        except ValueError:
            raise AddressRefused("The host in brackets is no IPv6 address.") from None
        if address.scope_id is not None:
            raise AddressRefused("An address with a scope is this machine's own business.")
        return str(address)
    if _NUMERIC.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise AddressRefused("The host is no IPv4 address in its usual form, four numbers.") from None
    if not _NAME.fullmatch(host) or len(host) > 253:  # noqa: PLR2004 - RFC 1035 §2.3.4
        raise AddressRefused("The host is no name that the DNS knows; write it in its xn-- form.")
    return host.removesuffix(".")


def is_public(address: IPAddress) -> bool:
    """Tell whether everybody on the Internet reaches the same machine at this address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def check_address(url: Url, address: IPAddress, allowed: Sequence[IPNetwork]) -> None:
    """Raise AddressRefused where `url`, whose host has this address, is not called.

    `allowed` are networks that may be called although they are not public; http only on this machine, among those.
    """
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped is not None else address
    is_allowed = any(plain.version == network.version and plain in network for network in allowed)
    if not url.is_encrypted and not (is_allowed and plain.is_loopback):
        raise AddressRefused("Write https: what is sent and answered would cross the network in the clear.")
    if not is_allowed and not is_public(address):
        raise AddressRefused(
            f"The host {url.host} has an address that is not public. "
            "If it is meant, the operator puts its network into outbound_private_networks."
        )


def literal(host: str) -> IPAddress | None:
    """Return the address that a URL's host is, None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
