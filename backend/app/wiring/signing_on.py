"""Signing in by an identity provider, put together where the settings name one."""

from __future__ import annotations

from urllib.parse import urlsplit

from backend.app.config import Settings
from backend.app.services.single_sign_on import SingleSignOn
from backend.app.storage.database import Database


def single_sign_on(settings: Settings, database: Database) -> SingleSignOn | None:
    if not settings.oidc_issuer:
        return None
    from backend.app.security.oidc.client import OidcClient
    from backend.app.security.oidc.provider import ProviderDocument, fetch
    from backend.app.security.oidc.tokens import IdTokens
    from backend.app.storage.repositories.identities import SqlIdentities
    from backend.app.storage.repositories.users import SqlUsers

    provider = ProviderDocument(settings.oidc_issuer, fetch)
    client = OidcClient(
        provider,
        IdTokens(provider, settings.oidc_client_id),
        client_id=settings.oidc_client_id,
        secret=settings.oidc_client_secret.reveal(),
        scopes=settings.oidc_scopes,
        groups=settings.oidc_groups_claim,
    )
    return SingleSignOn(
        client,
        SqlIdentities(database),
        SqlUsers(database),
        name=settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or "",
        client_id=settings.oidc_client_id,
        domains=[domain.strip() for domain in settings.oidc_domains.split(",") if domain.strip()],
        creates_accounts=settings.oidc_create_accounts,
        admin_group=settings.oidc_admin_group,
    )
