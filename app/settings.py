"""Configuration from the environment: one frozen object, refused when it would be unsafe."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

TWILIO_API = "https://api.twilio.com"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Secrets (and the database URL, which may hold one) may come from a file named by KITH_…_FILE.
_FROM_FILE = (
    "DATABASE_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_KEY",
    "TWILIO_API_SECRET",
    "METRICS_TOKEN",
)


class Settings(BaseSettings):
    """Everything an operator can choose, read once at start-up from ``KITH_…`` variables.

    Raises ``pydantic.ValidationError`` with a sentence for the operator when a value is missing,
    malformed, or unsafe in production.
    """

    model_config = SettingsConfigDict(
        env_prefix="KITH_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = Path("var")
    database_url: SecretStr | None = Field(default=None, description="SQLAlchemy URL")
    keys_dir: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str | None = Field(default=None, description="what the carrier was told")
    operational_key: Literal["unseal", "file"] = "unseal"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_api_key: str = ""
    twilio_api_secret: SecretStr = SecretStr("")
    twilio_number: str = ""
    twilio_messaging_service_sid: str = Field(
        default="", pattern="^(MG[0-9a-fA-F]{32})?$", description="in front of the number, if any"
    )
    twilio_whatsapp_template: str = Field(
        default="",
        pattern="^(HX[0-9a-fA-F]{32})?$",
        description="ContentSid of the approved template, its first variable the text",
    )
    twilio_rate: float = Field(default=1.0, gt=0, description="segments per second")
    twilio_api_url: str = TWILIO_API
    recording_key_file: Path | None = Field(
        default=None, description="PEM of the private key that the carrier's recordings open with"
    )
    require_mfa: bool = True
    environment: Literal["production", "demo"] = "production"
    timezone: str = "America/Toronto"
    wake_numbers_file: Path | None = None
    metrics_token: SecretStr | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:  # absent, or no name at all
            raise ValueError(
                "KITH_TIMEZONE is not a time zone, for example America/Toronto"
            ) from error
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr | None) -> SecretStr | None:
        url = value.get_secret_value() if value else ""
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("KITH_DATABASE_URL begins with sqlite:/// or postgresql+psycopg://")
        return value if url else None

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None

    @model_validator(mode="after")
    def _safe_in_production(self) -> Settings:
        if self.environment == "demo":
            return self
        for name in ("public_url", "twilio_api_url"):
            url = urlsplit(getattr(self, name) or "")
            if url.scheme == "http" and url.hostname not in _LOOPBACK:
                raise ValueError(f"KITH_{name.upper()} must be https, except on this machine")
        if self.twilio_account_sid.startswith(DEMO_ACCOUNT_PREFIX):
            raise ValueError("these are the demo's carrier credentials; use your own")
        return self

    @property
    def url(self) -> str:
        """The address callers of the webhooks were given, without a trailing slash."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def keys_path(self) -> Path:
        """The folder of key files that must stay outside the database and its backups."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def sqlalchemy_url(self) -> str:
        """Where the database is; embedded SQLite in the data directory by default."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'kith.db').absolute()}"

    @property
    def on_sqlite(self) -> bool:
        """Whether all writing has to go through one process."""
        return self.sqlalchemy_url.startswith("sqlite")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.timezone)


# An account id of this shape is only ever made by the demo.
DEMO_ACCOUNT_PREFIX = "AC00000000"


def load_settings(**overrides: object) -> Settings:
    """Read the environment, with ``KITH_…_FILE`` taking the value from a file.

    Raises ``pydantic.ValidationError`` or ``OSError`` (a named file that cannot be read).
    """
    from_files: dict[str, object] = {
        name.lower(): Path(path).read_text(encoding="utf-8").strip()
        for name in _FROM_FILE
        if (path := os.environ.get(f"KITH_{name}_FILE"))
    }
    return Settings(**{**from_files, **overrides})  # type: ignore[arg-type]  # pydantic parses
