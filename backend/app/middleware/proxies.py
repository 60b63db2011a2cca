"""Believes what proxies say of who asks, and of the address that was asked for: only those that are named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

Network = IPv4Network | IPv6Network


def networks_of(text: str) -> list[Network]:
    """Return the networks that a setting names, which was checked at the start."""
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


class TrustedProxies:
    """``count`` proxies in a row are believed, where the last of them asks from one of the ``networks``.

    Without networks whoever asks is taken for the proxy: then nobody else may reach the port.
    """

    def __init__(self, application: Any, count: int, networks: Sequence[Network]) -> None:
        self._direct = application
        self._behind = ProxyFix(application, x_for=count, x_proto=count, x_host=count)
        self._networks = networks

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        application = self._behind if self._is_proxy(environ.get("REMOTE_ADDR", "")) else self._direct
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    def _is_proxy(self, address: str) -> bool:
        if not self._networks or not address:  # a Unix socket has none: its file says who may
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None) or found
        return any(mapped in network for network in self._networks)
