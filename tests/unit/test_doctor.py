"""The doctor's words, for each thing that can be wrong: what it is, and what to do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.doctor import rows, services
from callcenter.doctor.finding import Finding, State, ago
from callcenter.doctor.machine import check_certificates, check_disk, check_push, check_rtp, check_secrets, judge_certificate, judge_disk
from callcenter.kit.room import Room
from callcenter.settings import DEMO_SECRET, Settings
from tests.ports import free_port

NOW = datetime(2026, 11, 27, 7, 30, tzinfo=UTC)
PRODUCTION = Settings.model_construct(
    **Settings(home=Path("/nowhere/at/all")).model_dump()
    | {
        "mode": "production",
        **{name: SecretStr(name * 3) for name in ("secret_key", "field_key", "ari_password", "app_db_password")},
    }
)


def says(finding: Finding, state: str, *words: str) -> None:
    line = finding.line()
    assert finding.state == state, line
    assert line.startswith({"right": "✓", "wrong": "✗", "unset": "–"}[state]) and "\n" not in line
    for word in words:
        assert word in line, line
    assert bool(finding.todo) >= (state == "wrong"), "what is wrong comes with what to do"


@pytest.mark.parametrize(
    "seconds,words", [(3, "3 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7300, "2 hours"), (3 * 86_400, "3 days")]
)
def test_ages_as_people_say_them(seconds: float, words: str) -> None:
    assert ago(seconds) == words


# --- Asterisk, Valkey, worker ------------------------------------------------------------------------------------------------------------


async def test_asterisk_that_is_not_there() -> None:
    (finding,) = await services.check_asterisk(Settings(ari_url=f"http://127.0.0.1:{free_port()}"))
    says(finding, "wrong", "does not answer", "ConnectError", "start it")


def test_asterisk_by_its_version_and_voice_at_it() -> None:
    says(services.judge_version("22.1.0~dfsg", "http://x"), "right", "22.1.0")
    says(services.judge_version("20.9.2", "http://x"), "wrong", "is 20.9.2", "22 or newer")
    says(services.judge_version("", "http://x"), "wrong", "unknown version")
    says(services.judge_application(True, "onekey", "http://x"), "right", "connected at http://x")
    says(services.judge_application(False, "onekey", "http://x"), "wrong", "carries presses by itself", "start voice")


async def test_valkey_that_is_not_there() -> None:
    (finding,) = await services.check_bus(Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0"))
    says(finding, "wrong", "does not answer", "no jobs are done")
    (finding,) = await services.check_bus(Settings(redis_url=""))
    says(finding, "unset", "REDIS_URL")


def test_the_worker() -> None:
    says(services.judge_worker(1, 3), "right", "1 answers")
    says(services.judge_worker(0, 0), "wrong", "none answers", "start it")
    says(services.judge_worker(1, 5_000), "wrong", "5,000 jobs wait", "stuck")


# --- ports of sound ------------------------------------------------------------------------------------------------------------------------


def quiet(tmp_path: Path, text: str = "32768 60999") -> Path:
    file = tmp_path / "ip_local_port_range"
    file.write_text(text)
    return file


def test_ports_that_others_hold(tmp_path: Path) -> None:
    first = free_port()
    settings = Settings(rtp_start=first, rtp_end=first, trunk_lines=1)
    says(check_rtp(settings, ephemeral=quiet(tmp_path)), "wrong", "1 of the 1 UDP ports", "1 calls need 4", "ONEKEY_RTP_END")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", first))
        says(check_rtp(settings, ephemeral=quiet(tmp_path)), "wrong", "0 of the 1 UDP ports")


def test_a_range_that_is_wide_enough(tmp_path: Path) -> None:
    settings = Settings(rtp_start=21_000, rtp_end=21_999, trunk_lines=30)
    says(check_rtp(settings, ephemeral=quiet(tmp_path)), "right", "UDP ports 21000 to 21999 are free")
    says(check_rtp(settings, ephemeral=quiet(tmp_path, "21500 60999")), "wrong", "overlap", "ip_local_reserved_ports=21000-21999")
    (tmp_path / "ip_local_reserved_ports").write_text("21000-21999\n")
    says(check_rtp(settings, ephemeral=quiet(tmp_path, "21500 60999")), "right")


def test_an_address_that_is_not_ours_and_an_asterisk_elsewhere(tmp_path: Path) -> None:
    says(check_rtp(Settings(sip_host="192.0.2.7"), ephemeral=quiet(tmp_path)), "wrong", "192.0.2.7", "ONEKEY_SIP_HOST")
    says(check_rtp(Settings(ari_url="http://asterisk:28088"), ephemeral=quiet(tmp_path)), "unset", "another machine")


# --- disk, secrets, web push ---------------------------------------------------------------------------------------------------------------


def test_disk_room(tmp_path: Path) -> None:
    says(judge_disk(Room(tmp_path, int(100e9), int(50e9))), "right", "50.0 GB of 100 GB")
    says(judge_disk(Room(tmp_path, int(20e9), int(1.5e9))), "wrong", "1.5 GB", "make room")
    says(judge_disk(Room(tmp_path, int(1000e9), int(20e9))), "wrong", "20.0 GB")
    assert len(check_disk(Settings(home=tmp_path / "not/yet", recordings_dir=str(tmp_path / "nor/this")))) == 1, "one disk, one line"


def test_secrets(tmp_path: Path) -> None:
    says(check_secrets(Settings(home=tmp_path))[0], "unset", "ONEKEY_FIELD_KEY", "which only demo takes")
    says(check_secrets(PRODUCTION)[0], "right", "none the demo's")
    demo = PRODUCTION.model_copy(update={"field_key": SecretStr(DEMO_SECRET)})
    says(check_secrets(demo)[0], "wrong", "ONEKEY_FIELD_KEY are the demo's", "openssl rand")
    same = PRODUCTION.model_copy(update={"field_key": PRODUCTION.secret_key})
    says(check_secrets(same)[0], "wrong", "two of them are the same")
    (tmp_path / "secrets.json").touch(mode=0o644)
    (tmp_path / "secrets.json").chmod(0o644)
    says(check_secrets(Settings(home=tmp_path))[0], "wrong", "can be read by others", "chmod 600")
    assert "secret_key" not in str([finding.line() for finding in check_secrets(PRODUCTION)])


def test_web_push() -> None:
    says(check_push(Settings(vapid_private_key=SecretStr(""))), "unset", "not set up")
    key = SecretStr("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    says(check_push(Settings(vapid_private_key=key, vapid_subject="mailto:it@example.cn")), "right", "mailto:it@example.cn")


# --- certificates --------------------------------------------------------------------------------------------------------------------------


@contextmanager
def https(tmp_path: Path, ends: datetime) -> Iterator[tuple[str, ssl.SSLContext]]:
    """A server for localhost whose certificate ends then, and a context that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(ends, datetime.now(UTC)) - timedelta(days=90))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    raw, _ = listening.accept()
                    with raw:
                        server.wrap_socket(raw, server_side=True).close()
                except ssl.SSLError:
                    continue
                except OSError:
                    if listening.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://localhost:{listening.getsockname()[1]}", ssl.create_default_context(cafile=str(pem))
        listening.shutdown(socket.SHUT_RDWR)


def test_a_certificate_as_browsers_see_it(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with https(tmp_path, now + timedelta(days=80)) as (url, believing):
        (finding,) = check_certificates(Settings(public_url=url, stores_public_url=url), now, context=believing)
        says(finding, "right", "certificate of localhost", "good until")
        (finding,) = check_certificates(Settings(public_url=url), now + timedelta(days=70), context=believing)
        says(finding, "wrong", "(10 days)", "renewed by now")
        (finding,) = check_certificates(Settings(public_url=url), now)
        says(finding, "wrong", "browsers do not accept it", "self-signed")
    with https(tmp_path, now - timedelta(days=1)) as (url, believing):
        (finding,) = check_certificates(Settings(public_url=url), now, context=believing)
        says(finding, "wrong", "certificate has expired")


def test_no_certificate_at_all() -> None:
    (finding,) = check_certificates(Settings(public_url=f"https://localhost:{free_port()}"), NOW)
    says(finding, "wrong", "nobody answers", "is Caddy up")
    says(check_certificates(Settings(), NOW)[0], "unset", "no address is https")
    says(check_certificates(PRODUCTION, NOW)[0], "wrong", "no address is https", "microphone")
    says(judge_certificate("certificate", NOW + timedelta(days=13), NOW), "wrong", "13 days")


# --- what the database says ------------------------------------------------------------------------------------------------------------------


async def test_a_database_that_is_not_there() -> None:
    findings = await rows.check_database(Settings(app_database_url=f"postgresql://x@127.0.0.1:{free_port()}/onekey"))
    says(findings[0], "wrong", "does not answer", "Asterisk carries presses by itself")
    assert [finding.what for finding in findings[1:]] == list(rows.ASKED_OF_IT)
    assert {finding.state for finding in findings[1:]} == {State.UNSET}
    findings = await rows.check_database(Settings(app_database_url="", database_url=""))
    says(findings[0], "wrong", "none is set", "callcenter run")


def test_clocks() -> None:
    says(rows.judge_clock(0.4, 0.01), "right", "agrees")
    says(rows.judge_clock(300.0, 0.01), "wrong", "300.0 s behind the database's", "timedatectl")
    says(rows.judge_clock(-2.5, 0.01), "wrong", "2.5 s ahead of the database's")
    says(rows.judge_clock(2.0, 4.0), "right")  # the question took so long that nobody can know


def test_migrations() -> None:
    known = ["0043", "0042", "0041"]
    says(rows.judge_migrations("0043", known), "right", "up to date (0043)")
    says(rows.judge_migrations("0041", known), "wrong", "2 behind (0041, needed 0043)", "callcenter migrate")
    says(rows.judge_migrations("0044", known), "wrong", "does not know", "newer program")
    says(rows.judge_migrations("", known), "wrong", "empty", "callcenter migrate")


def test_the_role_and_voice() -> None:
    says(rows.judge_role("onekey_app", powerful=False), "right", "can change nothing of the audit")
    says(rows.judge_role("onekey", powerful=True), "wrong", "ONEKEY_APP_DATABASE_URL")
    settings = Settings()
    says(rows.judge_voice(NOW + timedelta(seconds=1), NOW, settings), "right", "pbx1")
    says(rows.judge_voice(NOW - timedelta(minutes=5), NOW, settings), "wrong", "none has worked for 5 minutes", "start voice")
    says(rows.judge_voice(None, NOW, settings), "wrong", "none has ever worked", "ONEKEY_PBX_NAME")


def test_what_waits() -> None:
    says(rows.judge_outbox(0), "right")
    says(rows.judge_outbox(400), "wrong", "waited for 7 minutes", "start the relay")
    says(rows.judge_messages(30), "right")
    says(rows.judge_messages(7300), "wrong", "2 hours ago", "is the worker up?")


def test_the_age_of_the_last_backup() -> None:
    says(rows.judge_backup(NOW - timedelta(hours=9), NOW, PRODUCTION), "right", "9 hours old")
    says(rows.judge_backup(NOW - timedelta(days=4), NOW, PRODUCTION), "wrong", "4 days old", "callcenter backup")
    says(rows.judge_backup(None, NOW, PRODUCTION), "wrong", "none has ever been made", "docs/backups.md")
    says(rows.judge_backup(None, NOW, Settings()), "unset", "none has ever been made")


def test_the_keys_own_press() -> None:
    def last(outcome: Outcome, minutes: int, **more: Any) -> SelfTest:
        return SelfTest(at=NOW - timedelta(minutes=minutes), outcome=outcome, reason="", **more)

    says(rows.judge_self_test(None, 0, NOW), "unset", "self_test_every is 0")
    says(rows.judge_self_test(None, 300, NOW), "unset", "not tried itself yet")
    says(rows.judge_self_test(last(Outcome.PASSED, 3, ring_ms=21), 300, NOW), "right", "21 ms", "3 minutes ago")
    says(rows.judge_self_test(last(Outcome.PASSED, 12, ring_ms=21), 300, NOW), "wrong", "12 minutes ago", "is voice up")
    says(rows.judge_self_test(last(Outcome.SLOW, 3, ring_ms=2100), 300, NOW), "wrong", "2100 ms")
    says(rows.judge_self_test(last(Outcome.FAILED, 3), 300, NOW), "wrong", "failed", "press the key yourself")
