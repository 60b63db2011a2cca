"""OpenID Connect: what is said between Like-Opt and an identity provider."""
