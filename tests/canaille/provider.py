"""canaille as the identity provider: installed beside us, configured in a temporary folder, served on loopback."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.support.client import ENTERPRISE, GROUP, PATCH, USER
from tests.support.server import ROOT, START_TIMEOUT, RealClient, free_port

ENVIRONMENT = ROOT / ".venv-canaille"
PROGRAM = ENVIRONMENT / "bin" / "canaille"

_CONFIGURATION = """
SECRET_KEY = "{secret}"
SERVER_NAME = "127.0.0.1:{port}"
PREFERRED_URL_SCHEME = "http"

[CANAILLE]
DATABASE = "sql"
FORCE_HTTPS = false
CAPTCHA_ENABLED = false

[CANAILLE_SQL]
DATABASE_URI = "sqlite:///{home}/canaille.db"

[CANAILLE_OIDC]
TRUSTED_DOMAINS = ["127.0.0.1"]

[CANAILLE_SCIM]
{scim}
"""


@dataclass
class Canaille:
    """An identity provider that pushes to one SCIM server; its people are changed by command and over its own SCIM."""

    home: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _api: RealClient = field(init=False)
    _client_id: str = field(init=False)

    @property
    def issuer(self) -> str:
        """Return what it calls itself as an OpenID provider."""
        return f"http://127.0.0.1:{self.port}"

    def set_up(self, scim_base_url: str, scim_token: str) -> None:
        """Make canaille's database and register the SCIM server as its client.

        canaille has no setting for a SCIM token: it sends an access token that it issued to the client, so ours is
        planted as one. The same token opens canaille's own SCIM API.
        """
        self.configure("ENABLE_SERVER = true\nENABLE_CLIENT = true")
        client = ["--client-id", "scim-server", "--client-name", "scim-server", "--client-uri", scim_base_url]
        client += ["--redirect-uris", f"{scim_base_url}/unused", "--scope", "openid", "--scope", "profile"]
        client_id = json.loads(self.command("create", "client", *client))["id"]
        token = ["--token-id", "scim", "--access-token", scim_token, "--refresh-token", "unused"]
        token += ["--type", "access_token", "--scope", "openid", "--scope", "profile", "--client", client_id]
        token += ["--audience", client_id, "--issue-date", datetime.now(UTC).isoformat(), "--lifetime", "31536000"]
        self.command("create", "token", *token)
        self._client_id = client_id
        self._api = RealClient(self.port, "/scim/v2", scim_token)

    def configure(self, scim: str) -> None:
        """Make canaille's database and its configuration, with these lines in the section of SCIM."""
        self.home.mkdir()
        text = _CONFIGURATION.format(secret=secrets.token_hex(16), port=self.port, home=self.home, scim=scim)
        (self.home / "canaille.toml").write_text(text)
        self.command("install")

    def let_sign_in(self, redirect_uris: list[str], secret: str, *, return_to: str) -> None:
        """Make the SCIM server's client one that people sign in to, and out of: authorization code, with a secret."""
        client = ["--client-secret", secret, "--grant-types", "authorization_code"]
        client += [part for redirect_uri in redirect_uris for part in ("--redirect-uris", redirect_uri)]
        client += ["--post-logout-redirect-uris", return_to]
        client += ["--response-types", "code", "--token-endpoint-auth-method", "client_secret_basic"]
        for scope in ("openid", "profile", "email", "groups"):
            client += ["--scope", scope]
        # Without an audience `aud` would be empty, without an algorithm it would be RS512.
        client += ["--audience", self._client_id, "--id-token-signed-response-alg", "RS256"]
        self.command("set", "client", self._client_id, "--quiet", *client)

    def start(self) -> None:
        """Serve, and wait for the first answer."""
        bind = f"127.0.0.1:{self.port}"
        with (self.home / "canaille.log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "run", "--bind", bind, "--workers", "1"],
                env=self._environment,
                cwd=self.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"canaille ended: {self.log[-2000:]}"
            anybody = RealClient(self.port, "", "")
            with contextlib.suppress(OSError, HTTPException), contextlib.closing(anybody):
                if anybody.get("/").status < 500:
                    return
            time.sleep(0.1)
        raise AssertionError(f"canaille does not answer: {self.log[-2000:]}")

    def stop(self) -> None:
        """End canaille with all its processes."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def log(self) -> str:
        """Return what canaille has written."""
        return (self.home / "canaille.log").read_text(errors="replace")

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CANAILLE_CONFIG": str(self.home / "canaille.toml"),
            "AUTHLIB_INSECURE_TRANSPORT": "1",
            "no_proxy": "127.0.0.1",
        }

    def command(self, *arguments: str) -> str:
        """Run one of canaille's commands and return what it printed; fails where it fails."""
        done = subprocess.run(
            [PROGRAM, *arguments], env=self._environment, cwd=self.home, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"canaille {arguments[0]}: {done.stderr}"
        return done.stdout

    def people(self) -> dict[str, dict[str, Any]]:
        """Return canaille's users by their id, as its own SCIM API shows them."""
        return {each["id"]: each for each in self._call("GET", "/Users")["Resources"]}

    def groups(self) -> dict[str, dict[str, Any]]:
        """Return canaille's groups by their id."""
        return {each["id"]: each for each in self._call("GET", "/Groups")["Resources"]}

    def create_user(self, user_name: str, **attributes: Any) -> str:
        """Create a user and return the id."""
        name = {"formatted": f"Test {user_name}", "familyName": user_name, "givenName": "Test"}
        body = {
            "schemas": [USER, ENTERPRISE],
            "userName": user_name,
            "name": name,
            "active": True,
            "emails": [{"value": f"{user_name}@example.org"}],
            **attributes,
        }
        return str(self._call("POST", "/Users", body)["id"])

    def create_group(self, display_name: str, *user_ids: str) -> str:
        """Create a group and return the id."""
        users = f"http://127.0.0.1:{self.port}/scim/v2/Users"
        members = [{"value": user_id, "$ref": f"{users}/{user_id}"} for user_id in user_ids]
        body = {"schemas": [GROUP], "displayName": display_name, "members": members}
        return str(self._call("POST", "/Groups", body)["id"])

    def set_group(self, group_id: str, display_name: str, *user_names: str) -> None:
        """Set a group's name and members, by command: canaille's own SCIM refuses a changed member."""
        members = [part for user_name in user_names for part in ("--members", user_name)]
        self.command("set", "group", group_id, "--quiet", "--display-name", display_name, *members)

    def change(self, user_id: str, **values: Any) -> None:
        """Set attributes of a user; those of the enterprise extension are named with its URN."""
        operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        self._call("PATCH", f"/Users/{user_id}", {"schemas": [PATCH], "Operations": operations})

    def delete(self, path: str) -> None:
        """Delete a user or group."""
        self._call("DELETE", path)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._api.request(method, path, body)
        self._api.close()
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {answer.body!r}\n{self.log[-3000:]}"
        return answer.json if answer.body else None
