"""Every setting of a process, read once from the environment.

Numbers that a centre edits while it runs (lines, opening texts, pause reasons) live in the database; here stands what a process needs
to start, and the durations, which tests shorten (docs/configuration.md).
"""

from __future__ import annotations

import sys
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET = "demo-only-not-a-secret"
ROLES_AND_NONE = ("agent", "supervisor", "admin", "none")  # accounts.roles.Role stands above this module; a test compares them


class Timings(BaseModel):
    """Durations in seconds. Sources: docs/decisions.md, "Answering" there; all of them ours to choose. Env: ONEKEY_TIMINGS__CLAIM=0.3 …"""

    claim: float = 0.3  # a press not committed within this is not claimed: the dialplan carries it
    guard: int = 20  # absolute timeout on a waiting channel (the PBX counts whole seconds)
    guard_renew: float = 5.0
    reassure_after: float = 3.0  # the caller hears ringing until then
    reassure_every: float = 10.0
    service_ring: float = 15.0  # then the next agent
    sos_supervisors: float = 10.0
    sos_duty: float = 20.0
    service_duty: float = 60.0  # a service call nobody took: the duty telephone as well
    sos_ring: float = 60.0  # an agent's telephone rings this long for an SOS, then anew
    party_ring: float = 45.0  # the far side of a call that we make
    duty_ring: float = 30.0
    nobody: float = 60.0  # no agent signed in and no duty telephone took it: the PBX's fallback, which records a message
    call_back_sos: float = 60.0  # an abandoned SOS is called back within this
    call_back_service: float = 600.0
    call_back_again: float = 300.0  # after a call-back that reached nobody; an SOS's is due again at once
    agent_return: float = 10.0  # a vanished browser may come back to its call this long
    sos_repeat: float = 120.0  # a press within this joins the elder's SOS case
    lease: float = 2.0
    database_lost: float = 2.0  # then waiting callers are sent to the fallback
    command: float = 2.0  # a command to voice is done within this, or "not done"
    wrap_up: float = 60.0
    console_gone: float = 15.0  # no console socket for this long: the agent is offline


class Settings(BaseSettings):
    """See docs/configuration.md. In production no default secret is accepted."""

    model_config = SettingsConfigDict(env_prefix="ONEKEY_", env_nested_delimiter="__", extra="ignore", populate_by_name=True)

    mode: Literal["demo", "test", "training", "production"] = "demo"
    home: Path = Path(".run")
    recordings_dir: str = ""  # messages that callers left, encrypted; voice writes, api reads. Empty: home/recordings
    host: str = "127.0.0.1"
    http_port: int = 8000
    stores_port: int = 8001
    sip_port: int = 25060
    ari_port: int = 28088
    rtp_start: int = 21000
    rtp_end: int = 23999
    pbx_name: str = "pbx1"  # with a channel id the key of a press
    ari_app: str = "onekey"
    ari_user: str = "onekey"
    ari_password: SecretStr = SecretStr(DEMO_SECRET)
    public_url: str = ""  # https://… as the agents' browsers see it; empty: http://host:http_port

    forwarded_allow_ips: str = ""  # addresses or networks of our own proxies, comma-separated: theirs alone is an X-Forwarded-For believed

    totp_required: str = ""  # roles that need a second factor, comma-separated, or "none"; empty: supervisor,admin in production, else none

    database_url: str = Field("", validation_alias="DATABASE_URL")  # owner; migrations only
    app_database_url: str = ""  # what the processes use: no update or delete on audit and call events
    app_db_password: SecretStr = SecretStr(DEMO_SECRET)
    redis_url: str = Field("", validation_alias="REDIS_URL")
    ari_url: str = Field("", validation_alias="ARI_URL")  # http://host:port of Asterisk; empty: 127.0.0.1:ari_port

    secret_key: SecretStr = SecretStr(DEMO_SECRET)  # sessions, CSRF
    field_key: SecretStr = SecretStr(DEMO_SECRET)  # encrypts ID numbers and health data
    trunk_contact: str = "127.0.0.1:25080"  # where outbound calls to numbers go
    trunk_number_format: Literal["national", "e164", "digits"] = "national"
    cache: Path = Path(".cache")  # unpacked packages shared by all runs of this checkout
    centre_name: str = "樊城区居家养老服务中心"
    agent_phones: Literal["browser", "sip"] = "browser"  # sip: a desk telephone registers with the account of POST /api/phone
    hotline: str = "12349"  # the number that elders see when the centre calls
    trunk_hosts: str = ""  # production: comma-separated addresses the trunk calls from; demo: any of 127.0.0.0/8
    sip_host: str = ""  # address that SIP and sound are bound to; empty: host
    media_address: str = ""  # the PBX's address as telephones see it, when it stands behind NAT
    ari_host: str = "127.0.0.1"  # ARI and the browsers' /ws listen here; never a public address
    home_area_code: str = "0710"  # completes local numbers without a trunk prefix
    country: str = "CN"
    timezone: str = "Asia/Shanghai"  # of the people served: ages, "today", hours in which nobody is called
    trunk_access_digits: str = "9"  # digits a PBX line may put before the number, tried last
    timings: Timings = Timings()

    @property
    def pbx_home(self) -> Path:
        """Asterisk's own folder: etc, CEL, recordings, prompts (a shared volume in compose)."""
        return self.home / "asterisk"

    @property
    def recordings(self) -> Path:
        return Path(self.recordings_dir) if self.recordings_dir else self.home / "recordings"

    @property
    def ari_base(self) -> str:
        return (self.ari_url or f"http://127.0.0.1:{self.ari_port}").rstrip("/")

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.http_port}").rstrip("/")

    @property
    def has_training_phone(self) -> bool:
        return self.mode in ("demo", "test", "training")

    @property
    def totp_roles(self) -> frozenset[str]:
        given = frozenset(filter(None, (part.strip() for part in self.totp_required.split(","))))
        if not given:
            return frozenset({"supervisor", "admin"}) if self.mode == "production" else frozenset()
        return given - {"none"}

    @field_validator("totp_required")
    @classmethod
    def refuse_unknown_roles(cls, value: str) -> str:
        """A misspelt role would leave the door of that role with one lock, and nobody would see it."""
        for part in filter(None, (part.strip() for part in value.split(","))):
            if part not in ROLES_AND_NONE:
                raise ValueError(f"ONEKEY_TOTP_REQUIRED: {part!r} is no role; write some of {', '.join(ROLES_AND_NONE)}")
        return value

    @field_validator("forwarded_allow_ips")
    @classmethod
    def refuse_unknown_proxies(cls, value: str) -> str:
        """A misspelt network would lock the whole centre out after one person's wrong passwords; "*" would let anybody name any address."""
        for part in filter(None, (part.strip() for part in value.split(","))):
            try:
                ip_network(part)
            except ValueError:
                raise ValueError(f"ONEKEY_FORWARDED_ALLOW_IPS: {part!r} is neither an address nor a network such as 10.0.0.0/24") from None
        return value

    @model_validator(mode="after")
    def refuse_demo_secrets(self) -> Settings:
        if self.mode == "production":
            names = ("secret_key", "field_key", "ari_password", "app_db_password")
            given = {n: getattr(self, n).get_secret_value().strip() for n in names}
            bad = [n for n, value in given.items() if len(value) < 16 or value == DEMO_SECRET]
            if bad:
                listed = ", ".join(f"ONEKEY_{n.upper()}" for n in bad)
                raise ValueError(
                    f"production refuses to start on a demo or short secret: set {listed} (16 characters or more; openssl rand -base64 32)"
                )
        return self


@lru_cache
def get_settings() -> Settings:
    return Settings()


def settings_or_exit() -> Settings:
    """For a process at its start: a wrong setting is told by name, in a line, and ends it with code 2."""
    try:
        return get_settings()
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"])
            print(f"✗ {name + ': ' if name else ''}{problem['msg']}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


def owner_url(settings: Settings) -> str:
    """The database's owner, for migrations and the seed only."""
    if not settings.database_url:
        raise SystemExit("✗ DATABASE_URL is not set: the database's owner is needed here")
    return settings.database_url
