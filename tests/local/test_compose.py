"""compose.yml, without an engine: against the specification's schema, against our settings, and what it publishes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from callcenter.settings import DEMO_SECRET, Settings, SmsGateway

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "compose.yml").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
OURS = ("migrate", "pbx-config", "voice", "relay", "worker", "api", "stores", "public", "backup")
NOT_SETTINGS = {"ONEKEY_READY_FILE"}  # read by kit.ready, before there are settings


def interpolated(values: dict[str, str]) -> dict[str, Any]:
    """As the Compose specification says, for the forms used here: ${A}, ${A:-default}, ${A:?message}. KeyError for a missing needed one."""

    def value(match: re.Match[str]) -> str:
        name, kind, word = match.groups()
        if values.get(name):
            return values[name]
        if kind == "-":
            return str(word)
        raise KeyError(name)

    def filled_in(node: Any) -> Any:
        """After parsing, as Compose does: a value that looks like a number stays text."""
        if isinstance(node, dict):
            return {key: filled_in(child) for key, child in node.items()}
        if isinstance(node, list):
            return [filled_in(child) for child in node]
        return VARIABLE.sub(value, node).replace("$$", "$") if isinstance(node, str) else node

    loaded = filled_in(yaml.safe_load(TEXT))
    assert isinstance(loaded, dict)
    return loaded


def needed() -> set[str]:
    return {name for name, kind, _ in VARIABLE.findall(TEXT) if kind == "?"}


@pytest.fixture(scope="module")
def filled() -> dict[str, str]:
    return {name: f"value-of-{name.lower()}" for name in needed()} | {
        "ONEKEY_MEDIA_ADDRESS": "192.0.2.10",
        "ONEKEY_TRUNK_HOSTS": "192.0.2.1",
    }


@pytest.fixture(scope="module")
def compose(filled: dict[str, str]) -> dict[str, Any]:
    return interpolated(filled)


def test_is_what_the_specification_says(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests/local/compose-spec/compose-spec.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    problems = [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in Draft202012Validator(schema).iter_errors(compose)]
    assert problems == []
    broken = {**compose, "services": {**compose["services"], "api": {**compose["services"]["api"], "comand": ["api"]}}}
    assert list(Draft202012Validator(schema).iter_errors(broken)), "the schema sees no misspelling: it proves nothing"


def test_names_services_that_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert set(service.get("networks", [])) <= set(compose["networks"]), name
        for dependency, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[dependency], f"{name} waits for the health of {dependency}, which has no check"
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), f"{name}: {source}"


def test_publishes_nothing_but_caddy_and_sip(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"asterisk": ["5060:5060/udp", "21000-21499:21000-21499/udp"], "caddy": ["80:80", "443:443", "443:443/udp"]}
    outside = {name for name, service in compose["services"].items() if "outside" in service["networks"]}
    assert outside == {"asterisk", "caddy", "worker"}  # the worker only asks: carriers of messages
    assert all(network.get("internal") for name, network in compose["networks"].items() if name != "outside")
    with_pbx = {name for name, service in compose["services"].items() if "pbx" in service["networks"]}
    assert with_pbx == {"asterisk", "caddy", "pbx-config", "voice"}  # ARI is heard by these alone


def test_voice_keeps_messages_where_the_api_finds_them(compose: dict[str, Any]) -> None:
    mounts = {
        name: volume.split(":")[1:]
        for name, service in compose["services"].items()
        for volume in service.get("volumes", [])
        if volume.split(":")[0] == "recordings"
    }
    folder = compose["services"]["voice"]["environment"]["ONEKEY_RECORDINGS_DIR"]
    assert mounts == {"voice": [folder], "worker": [folder], "api": [folder, "ro"], "backup": [folder]}  # worker deletes what is due
    assert compose["services"]["api"]["environment"]["ONEKEY_RECORDINGS_DIR"] == folder
    # an own user writes there: a fresh volume belongs to whom the image's folder belongs
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert re.search(rf"install -d -o onekey -g onekey -m 0700 .*{folder}( |$)", dockerfile, re.M)


def test_refuses_to_start_without_its_secrets(filled: dict[str, str]) -> None:
    secrets = {
        "POSTGRES_PASSWORD",
        "VALKEY_PASSWORD",
        "ONEKEY_APP_DB_PASSWORD",
        "ONEKEY_ARI_PASSWORD",
        "ONEKEY_SECRET_KEY",
        "ONEKEY_FIELD_KEY",
    }
    assert secrets <= needed()
    for name in needed():
        with pytest.raises(KeyError, match=name):
            interpolated({k: v for k, v in filled.items() if k != name})
    assert DEMO_SECRET not in TEXT


def test_the_example_names_all_that_is_needed() -> None:
    example = (ROOT / "deploy/env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=", example, re.M)) == needed()


def test_every_environment_name_is_a_setting(compose: dict[str, Any]) -> None:
    gateway = {f"ONEKEY_SMS_GATEWAY__{name.upper()}" for name in SmsGateway.model_fields}
    known = {f"ONEKEY_{name.upper()}" for name in Settings.model_fields} | gateway | {"DATABASE_URL", "REDIS_URL", "ARI_URL"} | NOT_SETTINGS
    for name in OURS:
        unknown = set(compose["services"][name]["environment"]) - known
        assert not unknown, f"{name}: {unknown}"


def test_production_settings_accept_it(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        with monkeypatch.context() as patch:
            for key, value in compose["services"][name]["environment"].items():
                patch.setenv(key, value)
            settings = Settings()
        assert settings.mode == "production"
        assert settings.ari_base == "http://asterisk:28088"
        assert settings.app_database_url.startswith("postgresql://onekey_app:")
        assert bool(settings.database_url) == (name in ("migrate", "backup")), f"{name} has the owner's database role"


def test_who_sends_and_who_hears_carriers_hold_what_they_believe_us_by(compose: dict[str, Any]) -> None:
    heard = {"ONEKEY_TWILIO_AUTH_TOKEN", "ONEKEY_SMS_GATEWAY__SECRET"}  # a callback is proved by the same secret
    held = {"worker": heard | {"ONEKEY_VAPID_PRIVATE_KEY"}, "public": heard}
    for name in OURS:
        env = set(compose["services"][name]["environment"])
        assert (heard | {"ONEKEY_VAPID_PRIVATE_KEY"}) & env == held.get(name, set()), name


@pytest.mark.parametrize(
    "carrier",
    [
        {"ONEKEY_SMS_CARRIER": "twilio", "ONEKEY_TWILIO_ACCOUNT_SID": "AC1", "ONEKEY_TWILIO_AUTH_TOKEN": "t", "ONEKEY_TWILIO_FROM": "+1"},
        {"ONEKEY_SMS_CARRIER": "gateway", "ONEKEY_SMS_GATEWAY__URL": "https://sms.example.cn/send", "ONEKEY_SMS_GATEWAY__SECRET": "s"},
    ],
    ids=["twilio", "gateway"],
)
def test_a_carrier_is_chosen_in_the_env_file(filled: dict[str, str], carrier: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in interpolated(filled | carrier)["services"]["worker"]["environment"].items():
        monkeypatch.setenv(key, value)
    settings = Settings()
    assert settings.sms_carrier_in_force == carrier["ONEKEY_SMS_CARRIER"]
    assert settings.sms_gateway.model_copy(update={"url": "", "secret": SmsGateway().secret}) == SmsGateway(), "compose's defaults are ours"


def test_web_apps_believe_caddy_about_who_asks_and_nobody_else(compose: dict[str, Any]) -> None:
    (config,) = compose["networks"]["web"]["ipam"]["config"]
    trusted = {
        name: service["environment"].get("ONEKEY_FORWARDED_ALLOW_IPS") for name, service in compose["services"].items() if name in OURS
    }
    assert {name for name, value in trusted.items() if value} == {"api", "stores", "public"}
    assert trusted["api"] == trusted["stores"] == trusted["public"] == config["subnet"] == "10.249.12.0/24"
    assert {name for name, service in compose["services"].items() if "web" in service["networks"]} == {"api", "stores", "public", "caddy"}


def test_caddy_lets_only_the_telephone_socket_through_to_asterisk() -> None:
    caddyfile = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    blocks = re.findall(r"handle @(\w+) \{\s*reverse_proxy asterisk:28088\s*\}", caddyfile)
    assert blocks == ["telephone"]
    assert caddyfile.count("asterisk") == caddyfile.count("asterisk:28088") == 1
    matcher = re.search(r"@telephone \{(.*?)\n\t\}", caddyfile, re.S)
    assert matcher is not None
    assert "path /ws\n" in matcher[1]
    assert "header Origin https://{$ONEKEY_DOMAIN}" in matcher[1]


@pytest.mark.parametrize("times", [1, 2])
def test_asterisk_announces_its_outside_address(tmp_path: Path, times: int) -> None:
    """The entry point's own work: container addresses → the public one, once, however often it starts."""
    etc = tmp_path / "asterisk/etc"
    etc.mkdir(parents=True)
    (etc / "asterisk.conf").touch()
    (etc / "rtp.conf").write_text("[general]\nrtpstart = 21000\n\n[ice_host_candidates]\n\n")
    env = {
        "PATH": "/usr/bin:/bin",
        "ONEKEY_HOME": str(tmp_path),
        "ONEKEY_MEDIA_ADDRESS": "192.0.2.10",
        "CONTAINER_ADDRESSES": "172.18.0.5 10.0.0.3 fd00::5",
        "ASTERISK": "/bin/echo",
    }
    for _ in range(times):
        said = subprocess.run(["sh", str(ROOT / "deploy/asterisk-entrypoint")], env=env, capture_output=True, text=True, check=True).stdout
    assert said == f"-f -C {etc}/asterisk.conf\n"
    lines = (etc / "rtp.conf").read_text().splitlines()
    assert lines[:3] == ["[general]", "rtpstart = 21000", ""]
    assert lines[3:] == ["[ice_host_candidates]", "172.18.0.5 => 192.0.2.10", "10.0.0.3 => 192.0.2.10"]
