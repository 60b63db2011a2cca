"""A small OpenID provider over HTTP, as strict as a real one, and as faulty as a test wants it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "like-opt", "a client's secret"
Claims = dict[str, Any]


class IdentityProvider:
    """Signs in whoever ``person`` is, without a page of its own; ``change`` turns each token's claims."""

    def __init__(self) -> None:
        self.forget()
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.published = [self.key]
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}/office"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> IdentityProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def forget(self) -> None:
        """Be as at the beginning, but for the key."""
        self.person: Claims = {}
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.metadata: Claims = {}
        self.user_info: Claims | None = None
        self.answers: dict[str, tuple[int, bytes]] = {}  # by path, in place of its own
        self.asked: list[str] = []

    # --- tokens ---------------------------------------------------------------------------

    def signed(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def signed_by_another(self, claims: Claims) -> str:
        other = RSAKey.generate_key(2048, {"kid": self.key.kid})
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, other)

    def signed_with_the_public_key(self, claims: Claims) -> str:
        """Sign as whoever takes HMAC's secret from where the RSA key is published."""
        parts = ({"alg": "HS256", "kid": self.key.kid}, claims)
        said = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
        secret = self.key.as_pem(private=False)
        return f"{said}.{_encoded(hmac.new(secret, said.encode(), hashlib.sha256).digest())}"

    def unsigned(self, claims: Claims) -> str:
        parts = ({"alg": "none", "kid": self.key.kid}, claims)
        return ".".join(_encoded(json.dumps(part).encode()) for part in parts) + "."

    def change_keys(self) -> None:
        """Sign with another key from now on, published beside none."""
        self.key = RSAKey.generate_key(2048, {"kid": f"key {secrets.token_hex(4)}", "use": "sig", "alg": "RS256"})
        self.published = [self.key]

    # --- its addresses --------------------------------------------------------------------

    def answer(self, method: str, target: str, body: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/office")
        self.asked.append(path)
        if path in self.answers:
            status, content = self.answers[path]
            return status, {"Content-Type": "application/json"}, content
        query = {name: values[0] for name, values in parse_qs(parts.query or body).items()}
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return _json(self._discovery())
            case "GET", "/keys":
                return _json({"keys": [key.as_dict(private=False) for key in self.published]})
            case "GET", "/authorize":
                return self._authorize(query)
            case "POST", "/token":
                return self._token(query, authorization)
            case "GET", "/userinfo":
                return _json(self.user_info or {}) if self.user_info is not None else _json({}, 401)
        return _json({}, 404)

    def _discovery(self) -> Claims:
        addresses = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/keys",
            "userinfo_endpoint": "/userinfo",
            "end_session_endpoint": "/sign-out",
        }
        return {"issuer": self.issuer, **{name: self.issuer + at for name, at in addresses.items()}, **self.metadata}

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return 302, {"Location": f"{query['redirect_uri']}?{back}"}, b""

    def _token(self, query: dict[str, str], authorization: str) -> tuple[int, dict[str, str], bytes]:
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        begun = self._codes.pop(query.get("code", ""), None)
        challenge = _encoded(hashlib.sha256(query.get("code_verifier", "").encode()).digest())
        if authorization != f"Basic {expected}":
            return _json({"error": "invalid_client"}, 401)
        if begun is None or begun["code_challenge"] != challenge or begun["redirect_uri"] != query.get("redirect_uri"):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"]}
        token = self.sign(self.change({**claims, **self.person}))
        return _json({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token})


def _json(value: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())

        def _answer(self, body: str) -> None:
            authorization = self.headers.get("Authorization", "")
            status, headers, content = provider.answer(self.command, self.path, body, authorization)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
