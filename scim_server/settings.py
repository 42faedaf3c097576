"""Interim settings until the documented ones land."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    pass


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SCIM_SERVER_", frozen=True)
    home: Path = Path("var")
    database_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 8
    rate_limit_per_second: float = 50
    rate_limit_burst: int = 100
    secret_key: str = ""
    trusted_proxies: int = 0
    log_level: str = "info"
    sqlite_synchronous: str = "NORMAL"
    database_pool_size: int = 10
    statement_timeout: float = 10

    @classmethod
    def load(cls, **values: Any) -> "Settings":
        made = cls(**values)
        made.home.mkdir(parents=True, exist_ok=True)
        updates: dict[str, Any] = {}
        if not made.database_url:
            updates["database_url"] = f"sqlite:///{made.home}/scim.db"
        elif made.database_url.startswith("postgresql://"):
            updates["database_url"] = made.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        return made.model_copy(update=updates)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def signing_keys(self) -> list[str]:
        path = self.home / "secret_key"
        if not path.exists():
            path.write_text(secrets.token_hex(32))
        return [self.secret_key or path.read_text()]

    @property
    def allowed_hosts(self) -> list[str]:
        return [urlsplit(self.public_url).hostname or "", "127.0.0.1", "localhost"]


_ = os
