"""Who somebody is by the word of an identity provider."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """``subject`` names somebody at the ``issuer`` for good; an address may be given to another person one day."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What this browser must bring back from the provider: it proves that both ends are of one sign-in."""

    state: str
    nonce: str
    verifier: str  # of PKCE
    path: str  # of the page, to go on with
