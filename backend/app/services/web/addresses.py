"""Which addresses of a network a page may be fetched from: public ones, and those that a setting names."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from backend.app.errors import ConfigError, WebPageRefused, WebPageUnreachable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]  # (host, port) -> addresses, best first

MAX_URL_CHARS = 4096
_PORTS = {"http": 80, "https": 443}
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
# IPv6 addresses that carry an IPv4 address within them: a way around a list of private networks.
_CARRIERS = tuple(
    ip_network(network)
    for network in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
    )
)
_RELAYS = ip_network("192.88.99.0/24")  # 6to4's, which lead to whatever network answers


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address of the web, with the addresses of the network that it may be fetched from."""

    url: str
    scheme: str
    host: str
    port: int
    path: str  # with its query, as it is sent
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"


class Gate:
    """Lets an address of the web through, or says why not."""

    def __init__(self, *, ports: Sequence[int], networks: Sequence[Network] = (), resolve: Resolve | None = None):
        self._ports = frozenset(ports)
        self._networks = tuple(networks)
        self._resolve = resolve or resolved

    def check(self, url: str) -> Target:
        """Return what ``url`` leads to.

        One name may stand for several addresses; if any of them is not open, all are refused: a
        name that points both ways is made to be asked twice.

        Raises:
            WebPageRefused: the address is none, or leads into a network that is not public.
            WebPageUnreachable: nobody knows the name.
        """
        if len(url) > MAX_URL_CHARS or _UNPRINTABLE.search(url):
            raise WebPageRefused
        try:
            parts = parse_url(url if "://" in url else f"https://{url}")
        except LocationParseError as error:
            raise WebPageRefused from error
        scheme, host = parts.scheme or "", (parts.host or "").strip("[]").rstrip(".")
        if scheme not in _PORTS or not host:
            raise WebPageRefused
        if parts.auth:
            raise WebPageRefused("The address holds a name or password. Leave them out: they would be kept.")
        port = parts.port or _PORTS[scheme]
        if port not in self._ports:
            allowed = ", ".join(map(str, sorted(self._ports)))
            raise WebPageRefused(f"Port {port} may not be fetched from, only {allowed}.")
        found = self._resolve(host, port)
        if not found:
            raise WebPageUnreachable(f"There is no server called {host[:100]}. Check the address.")
        if not all(self._is_open(address) for address in found):
            raise WebPageRefused(
                "The address leads into a private network, and only public web pages are fetched. "
                "Save the page as a file and add that."
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts._replace(fragment=None).url, scheme, parts.host or "", port, path, tuple(found))

    def _is_open(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return is_public(address) or any(
            address in network for network in self._networks if network.version == address.version
        )


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, whatever form it is written in."""
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return address not in _RELAYS
    return not (address.is_site_local or any(address in network for network in _CARRIERS))


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system orders them; none where it is not known."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def ports_of(text: str) -> tuple[int, ...]:
    """Return the ports that a setting names.

    Raises:
        ConfigError
    """
    try:
        ports = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        ports = ()
    if not ports or not all(0 < port < 65536 for port in ports):
        raise ConfigError(f"LIKEOPT_WEB_PORTS={text!r}: expected port numbers with commas between them")
    return ports


def networks_of(text: str) -> tuple[Network, ...]:
    """Return the networks that a setting names.

    Raises:
        ConfigError
    """
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(f"LIKEOPT_WEB_PRIVATE_NETWORKS={text!r}: {error}") from error
