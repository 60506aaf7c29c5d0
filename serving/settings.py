"""Every setting of the service, read once from the environment (prefix ``SULUH_``) and passed in.

Nothing else reads the environment, so that a test can state a whole service in one object.
"""

from __future__ import annotations

import secrets
from datetime import date, time, timedelta
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from serving.errors import SettingsError
from serving.handles import Form

SECRET_MIN_CHARS = 32


class ElectionPeriod(BaseModel):
    """Days, both included, in which political items are blocked outright."""

    starts: date
    ends: date

    def holds(self, day: date) -> bool:
        """Tell whether ``day`` falls inside."""
        return self.starts <= day <= self.ends


class Settings(BaseSettings):
    """The whole configuration of one service or worker process."""

    model_config = SettingsConfigDict(env_prefix="SULUH_", frozen=True, extra="ignore")

    var_dir: Path = Path("var")
    database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    base_url: str = "http://127.0.0.1:8000"
    model_dir: Path | None = None
    model_store: Path | None = None
    public_issuer: str = "Humas (contoh)"

    smtp_url: str = ""
    mail_from: str = "suluh@contoh.example"

    # A chat is used where all that it needs is set.
    telegram_token: SecretStr = SecretStr("")
    telegram_secret: SecretStr = SecretStr("")
    telegram_bot: str = ""
    telegram_api: str = "https://api.telegram.org"
    whatsapp_token: SecretStr = SecretStr("")
    whatsapp_secret: SecretStr = SecretStr("")
    whatsapp_verify: SecretStr = SecretStr("")
    whatsapp_number_id: str = ""
    whatsapp_number: str = ""
    whatsapp_api: str = "https://graph.facebook.com/v23.0"
    whatsapp_offer_template: str = "suluh_tawaran"
    whatsapp_notice_template: str = "suluh_kabar"

    # Services by the name that people see, each with its Apprise address; it may hold a secret.
    other_channels: dict[str, SecretStr] = Field(default_factory=dict)

    lease: timedelta = timedelta(minutes=30)
    session_lifetime: timedelta = timedelta(hours=12)
    seen_within: timedelta = timedelta(minutes=5)
    decided_within: timedelta = timedelta(hours=3)
    link_lifetime: timedelta = timedelta(days=90)
    evidence_lifetime: timedelta = timedelta(days=90)
    offer_lifetime: timedelta = timedelta(hours=48)

    min_followers: int = 500
    offers_per_day: int = Field(default=2, ge=0)
    offer_gap: timedelta = timedelta(hours=4)
    quiet_from: time = time(20)
    quiet_until: time = time(7)
    velocity_floor_posts_per_hour: float = 3.0
    min_group: int = 10
    second_look_share: float = Field(default=0.1, ge=0, le=1)
    # Part of the claims that a checker takes for each of which the desk serves a golden item by itself; 0 = never.
    golden_share: float = Field(default=0.02, ge=0, le=0.2)
    # Work without a pause after which a break is suggested to who chose nothing; 0 = never.
    rest_after: timedelta = Field(default=timedelta(minutes=50), ge=timedelta(0))
    election_periods: tuple[ElectionPeriod, ...] = ()

    # Feeds at private addresses are refused, so that a feed cannot be used to look inside this network.
    feeds_allow_private: bool = False
    # Whether the public pages of reported posts are asked for their title and description.
    check_posts: bool = False
    # Webhooks at private addresses likewise, which then also leave without TLS.
    webhooks_allow_private: bool = False
    max_body_bytes: int = 5_000_000
    max_posts_per_request: int = 5_000
    max_text_chars: int = 20_000
    max_texts_per_score: int = 256
    requests_per_minute: int = Field(default=600, ge=1)
    sign_in_attempts_per_minute: int = Field(default=10, ge=1)
    appeals_per_minute: int = Field(default=3, ge=1)
    # Without one, `/metrics` answers to this machine only.
    metrics_token: SecretStr = SecretStr("")
    secure_cookies: bool = False
    # Addresses and networks, parted by commas, whose word about where a request comes from is taken.
    trusted_proxies: str = ""
    log_format: str = "console"

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and len(text) < SECRET_MIN_CHARS:
            raise ValueError(f"needs at least {SECRET_MIN_CHARS} characters")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _numbers(cls, value: str) -> str:
        for each in filter(None, value.split(",")):
            ip_network(each.strip(), strict=False)
        return value.strip()

    @field_validator("other_channels")
    @classmethod
    def _readable(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, template in value.items():
            Form.parse(name, template.get_secret_value())
        return value

    @cached_property
    def other_forms(self) -> dict[str, Form]:
        """Give the form of each other service by its name."""
        return {name: Form.parse(name, each.get_secret_value()) for name, each in self.other_channels.items()}

    @cached_property
    def database(self) -> str:
        """Give the database's address; without one, SQLite in ``var_dir``."""
        return self.database_url or f"sqlite:///{(self.var_dir / 'suluh.db').absolute()}"

    @cached_property
    def models(self) -> Path:
        """Give the folder of the model store; without one, a folder in ``var_dir``."""
        return (self.model_store or self.var_dir / "model-store").absolute()

    @cached_property
    def secret(self) -> bytes:
        """Give the secret that keys hashes, cookies and stored links.

        Without one in the environment it is made once and kept in ``var_dir/secret`` (mode 600): enough for one
        machine. Several machines must be given the same one.
        """
        given = self.secret_key.get_secret_value()
        if given:
            return given.encode()
        path = self.var_dir / "secret"
        self.var_dir.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x") as file:
                path.chmod(0o600)
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        text = path.read_text().strip()
        if len(text) < SECRET_MIN_CHARS:
            raise SettingsError(f"{path} holds no secret; remove the empty file and start again")
        return text.encode()

    def in_election(self, day: date) -> bool:
        """Tell whether an election period is configured for ``day``."""
        return any(period.holds(day) for period in self.election_periods)
