"""Whom an address belongs to."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """Return an IPv4 address as it is, and the /64 of an IPv6 one: people get 2^64 at a time."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else f"{int(parsed) >> 64:x}"
    return address
