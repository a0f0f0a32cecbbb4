"""Every setting of a process, read once from the environment.

Numbers that a centre edits while it runs (lines, opening texts, pause reasons) live in the database; here stands what a process needs
to start, and the durations, which tests shorten (docs/configuration.md).
"""

from __future__ import annotations

import re
import sys
from base64 import urlsafe_b64decode
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, field_validator, model_validator
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
    system_call_back: float = 20.0  # an SOS that was lost or silent: nobody has clicked by then, and the system calls her back
    call_back_ring: float = 25.0  # so long ring her telephones then, all at once
    agent_return: float = 10.0  # a vanished browser may come back to its call this long
    sos_repeat: float = 120.0  # a press within this joins the elder's SOS case
    watch_within: float = 60.0  # the second person of an emergency says that she watches
    arrival_within: float = 900.0  # a contact or worker who is going has arrived
    escalate_supervisors: float = 30.0  # after an overdue deadline of an emergency: supervisors are told
    escalate_duty: float = 60.0  # after it: the duty telephone is rung
    node_lost: float = 10.0  # of several nodes of the PBX one has been away so long: its calls are over
    lease: float = 2.0
    database_lost: float = 2.0  # then waiting callers are sent to the fallback
    command: float = 2.0  # a command to voice is done within this, or "not done"
    wrap_up: float = 60.0
    dialog_first_key: float = 10.0  # a program asked: so long is waited for the first key, then it asks again
    dialog_next_key: float = 5.0  # between two keys of a code; after that it counts as entered
    console_gone: float = 15.0  # no console socket for this long: the agent is offline
    probe_every: float = 60.0  # a silent call proves each free agent's telephone; 0: none
    self_test_every: float = 300.0  # voice presses the key itself; 0: never
    drill_slow: float = 5.0  # a step of a drill
    self_test_slow: float = 1.0  # from that press until a telephone would ring
    probe_answer: float = 5.0  # it answers within this, and within this again it has heard us

    @property
    def offered(self) -> float:
        """So long the PBX offers a press to voice before it carries the call by itself: the commit's time, and what the claim itself takes."""
        return self.claim + 0.2


class PbxNode(BaseModel):
    """One Asterisk of those that are one PBX (ONEKEY_PBX_NODES, docs/adr/0009), as voice and the other nodes reach it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str  # stands before the ids of its channels
    ari: str  # http://host:port
    home: Path  # its own folder, as this machine sees it: its record, recordings, messages
    sip: str = ""  # address:port of its SIP transport, for the other nodes

    @property
    def ari_base(self) -> str:
        return self.ari.rstrip("/")

    @property
    def sip_address(self) -> tuple[str, int]:
        host, _, port = self.sip.rpartition(":")
        return host, int(port)


@lru_cache
def nodes_of(text: str) -> tuple[PbxNode, ...]:
    """ONEKEY_PBX_NODES, read. ValueError with the words for whoever wrote it."""
    if not text.strip():
        return ()
    form = (
        'a JSON list of two or more, {"name": "a", "ari": "http://10.0.0.1:28088", "home": "/srv/a/asterisk", "sip": "10.0.0.1:5060"} each'
    )
    try:
        nodes = TypeAdapter(tuple[PbxNode, ...]).validate_json(text)
        for node in nodes:
            ip_address(node.sip_address[0])
    except ValueError:
        raise ValueError(f"ONEKEY_PBX_NODES: {form}; sip is an address and a port, no name") from None
    names = [node.name for node in nodes]
    if len(nodes) < 2 or len(set(names)) < len(names):
        raise ValueError(f"ONEKEY_PBX_NODES: {form}; no name twice")
    if bad := [name for name in names if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", name)]:
        raise ValueError(f"ONEKEY_PBX_NODES: {bad[0]!r} is no name for a node: up to 16 small letters and digits, a letter first")
    return nodes


class SmsGateway(BaseModel):
    """A carrier's plain HTTP interface, in its own words (docs/messaging.md). Env: ONEKEY_SMS_GATEWAY__URL=https://… Empty: not used."""

    url: str = ""
    method: Literal["POST", "GET"] = "POST"
    body: Literal["form", "json"] = "form"  # of a POST; a GET carries its fields in the query
    key: str = ""  # who we are at the carrier
    key_field: str = "key"
    secret: SecretStr = SecretStr("")
    sign: Literal["hmac-sha256", "md5", "none"] = "hmac-sha256"
    sign_field: str = "sign"
    time_field: str = "timestamp"  # seconds since 1970
    to_field: str = "mobile"
    number_format: Literal["national", "e164", "digits"] = "national"
    text_field: str = "content"
    template_field: str = ""
    templates: str = ""  # ours=the carrier's, comma-separated; with template_field each needs one
    params_field: str = ""  # the template's values, as a JSON object
    fixed: str = ""  # name=value, comma-separated: sent along with every request
    id_field: str = ""  # our own id of the message, when the carrier takes one
    idempotent: bool = False  # the carrier sends the same id once only, however often it is asked
    success: str = "code=0"  # path=value in the answer's JSON
    busy: str = ""  # values at that path that mean "later", comma-separated
    absent: str = ""  # values at that path by which a question for a status says "no such message"
    id_path: str = "id"  # the carrier's id in the answer
    status_url: str = ""
    status_id_field: str = "id"  # asks by the carrier's id; with id_field we ask by ours
    status_path: str = "status"
    delivered: str = "delivered"  # what the carrier calls it, comma-separated
    failed: str = "failed"
    callback_id_field: str = "id"
    callback_status_field: str = "status"
    inbound_id_field: str = "id"  # of a text message that comes in
    inbound_from_field: str = "mobile"
    inbound_text_field: str = "content"


class Settings(BaseSettings):
    """See docs/configuration.md. In production no default secret is accepted."""

    model_config = SettingsConfigDict(env_prefix="ONEKEY_", env_nested_delimiter="__", extra="ignore", populate_by_name=True)

    mode: Literal["demo", "test", "training", "production"] = "demo"
    home: Path = Path(".run")
    recordings_dir: str = ""  # messages that callers left, encrypted; voice writes, api reads. Empty: home/recordings
    host: str = "127.0.0.1"
    http_port: int = 8000
    stores_port: int = 8001
    public_port: int = 8002
    sip_port: int = 25060
    ari_port: int = 28088
    rtp_start: int = 21000
    rtp_end: int = 23999
    automatic_calls: int = Field(default=5, ge=0, le=100)  # that programs make at once
    trunk_lines: int = Field(default=30, ge=1, le=2000)  # calls that the carrier carries at once, in both directions
    sample_seed: str = "one-key"  # of the draw of jobs that a person asks about; changing it changes who is drawn from then on
    pbx_name: str = "pbx1"  # with a channel id the key of a press
    pbx_nodes: str = ""  # several Asterisks that are one PBX under that name, as JSON (docs/adr/0009); empty: one
    pbx_node: str = ""  # the one of them that stands here
    ari_app: str = "onekey"
    ari_user: str = "onekey"
    ari_password: SecretStr = SecretStr(DEMO_SECRET)
    public_url: str = ""  # https://… as the agents' browsers see it; empty: http://host:http_port
    stores_public_url: str = ""  # https://… as the stores' telephones see their app; empty: http://host:stores_port
    outside_public_url: str = ""  # https://… as ambulance crews and cities see what is open to strangers; empty: http://host:public_port

    forwarded_allow_ips: str = ""  # addresses or networks of our own proxies, comma-separated: theirs alone is an X-Forwarded-For believed

    metrics_token: SecretStr = SecretStr("")  # with which Prometheus asks for /metrics; empty: only this machine may
    totp_required: str = ""  # roles that need a second factor, comma-separated, or "none"; empty: supervisor,admin in production, else none

    database_url: str = Field("", validation_alias="DATABASE_URL")  # owner; migrations only
    app_database_url: str = ""  # what the processes use: no update or delete on audit and call events
    app_db_password: SecretStr = SecretStr(DEMO_SECRET)
    redis_url: str = Field("", validation_alias="REDIS_URL")
    ari_url: str = Field("", validation_alias="ARI_URL")  # http://host:port of Asterisk; empty: 127.0.0.1:ari_port

    secret_key: SecretStr = SecretStr(DEMO_SECRET)  # sessions, CSRF
    field_key: SecretStr = SecretStr(DEMO_SECRET)  # encrypts ID numbers and health data
    backup_key: SecretStr = SecretStr(DEMO_SECRET)  # encrypts backups; several, separated by commas: the first writes, every one reads
    backup_dir: str = ""  # the worker writes a backup into this folder each day; empty: it makes none
    backup_hour: int = Field(3, ge=0, le=23)  # from then on, by the centre's clock
    backup_keep: int = Field(14, ge=1)  # so many stay in that folder
    trunk_contact: str = "127.0.0.1:25080"  # where outbound calls to numbers go
    trunk_number_format: Literal["national", "e164", "digits"] = "national"
    cache: Path = Path(".cache")  # unpacked packages shared by all runs of this checkout
    protocols: str = ""  # folder of the centre's own emergency protocols (docs/protocols.md); empty: none of its own
    prompts: str = ""  # folder of the centre's own recordings of what callers hear (docs/prompts.md); empty: none of its own
    speech_voice: str = ""  # a Mandarin voice's file, with which the worker renders names ahead (docs/prompts.md); empty: no name is said
    speech_python: str = ""  # the Python that has the extra `speech`; empty: the centre's own
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

    sms_carrier: Literal["", "console", "twilio", "gateway", "none"] = ""  # empty: console, in production none
    sms_signature: str = "一键通"  # stands before every text as 【…】; empty: the carrier puts it there itself
    sms_texts_kept: int = 30  # days; then a message's text is forgotten, the rest of its row stays
    sms_callback_url: str = (
        ""  # https://… where carriers tell what became of a message; empty: at outside_public_url, without one they are asked
    )
    sms_gateway: SmsGateway = SmsGateway()
    twilio_url: str = "https://api.twilio.com"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = ""  # a number of ours there (E.164), or a messaging service (MG…)
    twilio_voice: bool = False  # calls too: Twilio is a second carrier beside the PBX (docs/twilio.md)
    twilio_voice_from: str = ""  # the number of ours that those who are called see (E.164); empty: twilio_from
    twilio_sip_host: str = (
        ""  # host[:port] at which Twilio reaches our PBX, to ring agents' telephones; empty: they can't be rung for its calls
    )
    twilio_sip_password: SecretStr = SecretStr("")  # with which Twilio signs in at our PBX
    vapid_private_key: SecretStr = SecretStr("")  # P-256, base64url of its 32 bytes; empty: no web push
    vapid_subject: str = ""  # mailto:… or https://…, whom a push service can reach
    push_hosts: str = "fcm.googleapis.com,.push.services.mozilla.com,.notify.windows.com,.push.apple.com"

    @property
    def pbx_home(self) -> Path:
        """Asterisk's own folder: etc, CEL, recordings, prompts (a shared volume in compose)."""
        return self.home / "asterisk"

    @property
    def nodes(self) -> tuple[PbxNode, ...]:
        return nodes_of(self.pbx_nodes)

    @property
    def pbxs(self) -> tuple[PbxNode, ...]:
        """Every Asterisk of the PBX: its nodes, or the one that there is, under the PBX's own name."""
        return self.nodes or (PbxNode(name=self.pbx_name, ari=self.ari_base, home=self.pbx_home),)

    @property
    def phrases(self) -> Path:
        """What the worker has rendered ahead (in compose a volume of its own)."""
        return self.home / "phrases"

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
    def stores_url(self) -> str:
        return (self.stores_public_url or f"http://{self.host}:{self.stores_port}").rstrip("/")

    @property
    def outside_url(self) -> str:
        return (self.outside_public_url or f"http://{self.host}:{self.public_port}").rstrip("/")

    @property
    def callbacks_url(self) -> str:
        """Where carriers reach the process `public`; empty: they can't, and are asked."""
        return (self.sms_callback_url or self.outside_public_url).rstrip("/")

    @property
    def twilio_caller(self) -> str:
        return self.twilio_voice_from or self.twilio_from

    @property
    def twilio_spool(self) -> Path:
        """What was recorded at Twilio, fetched from there."""
        return self.home / "twilio"

    @property
    def has_training_phone(self) -> bool:
        return self.mode in ("demo", "test", "training")

    @property
    def totp_roles(self) -> frozenset[str]:
        given = frozenset(filter(None, (part.strip() for part in self.totp_required.split(","))))
        if not given:
            return frozenset({"supervisor", "admin"}) if self.mode == "production" else frozenset()
        return given - {"none"}

    @property
    def sms_carrier_in_force(self) -> Literal["console", "twilio", "gateway", "none"]:
        return self.sms_carrier or ("none" if self.mode == "production" else "console")

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
    def refuse_unknown_nodes(self) -> Settings:
        names = [node.name for node in nodes_of(self.pbx_nodes)]
        if self.pbx_node and self.pbx_node not in names:
            raise ValueError(f"ONEKEY_PBX_NODE: {self.pbx_node!r} is none of ONEKEY_PBX_NODES ({', '.join(names) or 'which is empty'})")
        return self

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

    @field_validator("vapid_private_key")
    @classmethod
    def refuse_no_key(cls, value: SecretStr) -> SecretStr:
        given = value.get_secret_value()
        try:
            whole = not given or len(urlsafe_b64decode(given + "=" * (-len(given) % 4))) == 32
        except ValueError:
            whole = False
        if not whole:
            raise ValueError("ONEKEY_VAPID_PRIVATE_KEY: a P-256 private key is the base64url of 32 bytes")
        return value

    @model_validator(mode="after")
    def refuse_half_a_carrier(self) -> Settings:
        """A centre that believes it sends messages and does not is found out by its stores."""
        missing: list[str] = []
        if self.sms_carrier == "twilio":
            missing += [n for n in ("twilio_account_sid", "twilio_from") if not getattr(self, n)]
            missing += [] if self.twilio_auth_token.get_secret_value() else ["twilio_auth_token"]
        if self.twilio_voice:
            missing += self._missing_for_twilio_voice()
        if self.sms_carrier == "gateway":
            gateway = self.sms_gateway
            missing += [] if gateway.url else ["sms_gateway__url"]
            missing += [] if gateway.sign == "none" or gateway.secret.get_secret_value() else ["sms_gateway__secret"]
            missing += [] if gateway.text_field or gateway.template_field else ["sms_gateway__text_field"]
        if self.vapid_private_key.get_secret_value() and not self.vapid_subject.startswith(("mailto:", "https://")):
            missing.append("vapid_subject")
        if missing:
            raise ValueError(f"half a carrier: set {', '.join(f'ONEKEY_{n.upper()}' for n in dict.fromkeys(missing))} too")
        if self.mode == "production":
            if self.sms_carrier == "console":
                raise ValueError(
                    "ONEKEY_SMS_CARRIER: console shows messages at the training telephone, which production does not have; or none"
                )
            for name, url in (("TWILIO_URL", self.twilio_url), ("SMS_GATEWAY__URL", self.sms_gateway.url)):
                if url.startswith("http://"):
                    raise ValueError(f"ONEKEY_{name}: production sends nobody's number over plain http")
            if self.twilio_voice and not self.callbacks_url.startswith("https://"):
                raise ValueError("ONEKEY_OUTSIDE_PUBLIC_URL: Twilio's callbacks name callers; production takes them over https only")
        return self

    def _missing_for_twilio_voice(self) -> list[str]:
        """A line that is set to a carrier which cannot call back would ring for nobody."""
        missing = [] if self.twilio_account_sid else ["twilio_account_sid"]
        missing += [] if self.twilio_auth_token.get_secret_value() else ["twilio_auth_token"]
        missing += [] if self.twilio_caller.startswith("+") else ["twilio_voice_from"]
        missing += [] if self.callbacks_url else ["outside_public_url"]
        return missing + (["twilio_sip_password"] if self.twilio_sip_host and not self.twilio_sip_password.get_secret_value() else [])


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
