"""A small OpenID Connect provider on loopback, which lets one person in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "ser-lab"
CLIENT_SECRET = "a secret of the test"


@dataclass
class Provider:
    """Who is let in, and what was asked."""

    port: int
    key: Any
    email: str = "ada@example.org"
    nonces: dict[str, str] = field(default_factory=dict)
    tokens_given: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def secrets(self, app: str) -> str:
        """Write the secrets.toml of an app that uses this provider."""
        return (
            "[auth]\n"
            f'redirect_uri = "{app}/oauth2callback"\n'
            'cookie_secret = "another secret of the test"\n'
            f'client_id = "{CLIENT_ID}"\n'
            f'client_secret = "{CLIENT_SECRET}"\n'
            f'server_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def let_in(self, query: dict[str, list[str]]) -> str:
        """Return where the browser is sent, with a code."""
        code = f"code-{len(self.nonces)}"
        self.nonces[code] = query["nonce"][0]
        answer = urlencode({"code": code, "state": query["state"][0]})
        return f"{query['redirect_uri'][0]}?{answer}"

    def token(self, code: str) -> dict[str, Any]:
        """Sign who it is."""
        from joserfc import jwt

        self.tokens_given += 1
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": "ada",
            "email": self.email,
            "email_verified": True,
            "name": "Ada",
            "nonce": self.nonces.pop(code),
            "iat": now,
            "exp": now + 300,
        }
        head = {"alg": "RS256", "kid": self.key.kid}
        return {
            "access_token": "opaque",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": jwt.encode(head, claims, self.key),
        }


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.let_in(parse_qs(asked.query)))
                self.end_headers()
            elif asked.path == "/jwks":
                self._say({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._say(provider.discovery())

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = parse_qs(self.rfile.read(length).decode())
            assert "code_verifier" in form
            self._say(provider.token(form["code"][0]))

        def _say(self, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """Run the provider in a thread."""
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048, auto_kid=True)
    provider = Provider(0, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
