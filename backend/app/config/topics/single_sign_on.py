"""Signing in by an identity provider (OpenID Connect)."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import Secret, setting


@dataclass(frozen=True, kw_only=True)
class SingleSignOnSettings:
    # fmt: off
    # --- single sign-on ---
    oidc_issuer: str = setting("", "OpenID Connect provider that people sign in by, such as https://login.example.org/realms/office; empty: none.", group="Single sign-on")
    oidc_client_id: str = setting("", "What Like-Opt is called there.", group="Single sign-on")
    oidc_client_secret: Secret = setting(Secret(""), "Its secret there; empty for a public client.", group="Single sign-on")
    oidc_name: str = setting("", "What the button on the sign-in page calls the provider; empty: its host.", group="Single sign-on")
    oidc_scopes: str = setting("openid email profile", "Scopes that are asked for, with blanks between them.", group="Single sign-on")
    oidc_domains: str = setting("", "Domains of addresses that may sign in by it, with commas between them; empty: all that the provider lets in.", group="Single sign-on")
    oidc_create_accounts: bool = setting(True, "Make an account for whoever signs in by it the first time.", group="Single sign-on")
    oidc_groups_claim: str = setting("groups", "Claim that lists a person's groups; dots lead into objects, as in realm_access.roles.", group="Single sign-on")
    oidc_admin_group: str = setting("", "Group whose people are administrators, looked at whenever they sign in; empty: administrators are made here.", group="Single sign-on")
    password_sign_in: bool = setting(True, "Let people sign in by passwords too; only a provider can take their place.", group="Single sign-on")
    # fmt: on
