"""What can be seen on this machine alone."""

from __future__ import annotations

import errno
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from callcenter.doctor.finding import Finding, right, unset, wrong
from callcenter.kit.room import Room, rooms_of
from callcenter.settings import DEMO_SECRET, Settings

PORTS_A_LINE = 4  # two legs of a call with two ports each
CERTIFICATE_DAYS = 14
LOOPBACK = ("127.0.0.1", "localhost", "::1")
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


# --- sound -----------------------------------------------------------------------------------------------------------------------------


def check_rtp(settings: Settings, *, ephemeral: Path = EPHEMERAL) -> Finding:
    if urlsplit(settings.ari_base).hostname not in LOOPBACK:
        return unset("ports of sound", "Asterisk stands on another machine; its UDP ports are looked at there")
    first, last, host = settings.rtp_start, settings.rtp_end, settings.sip_host or settings.host
    needed = PORTS_A_LINE * settings.trunk_lines
    try:
        free = sum(_is_free(host, port) for port in range(first, last + 1))
    except OSError as error:
        return wrong(
            "ports of sound",
            f"nothing can be bound to {host} ({error.strerror})",
            "ONEKEY_SIP_HOST must be an address of this machine",
        )
    total = max(0, last + 1 - first)
    if free < needed:
        return wrong(
            "ports of sound",
            f"{free} of the {total} UDP ports {first} to {last} are free, and {settings.trunk_lines} calls need {needed}: calls would be silent",
            "set ONEKEY_RTP_START and ONEKEY_RTP_END to a wider range that nobody else uses",
        )
    low, high = _handed_out(ephemeral)
    if low <= last and first <= high:
        return wrong(
            "ports of sound",
            f"{first} to {last} overlap the ports that the system hands to any program ({low} to {high})",
            f"choose a range outside, or reserve it: sysctl net.ipv4.ip_local_reserved_ports={first}-{last}",
        )
    return right("ports of sound", f"{free} of the {total} UDP ports {first} to {last} are free")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _handed_out(ephemeral: Path) -> tuple[int, int]:
    try:
        low, high = map(int, ephemeral.read_text().split())
    except (OSError, ValueError):
        return 0, -1
    reserved = ephemeral.with_name("ip_local_reserved_ports")
    return (0, -1) if reserved.exists() and reserved.read_text().strip() else (low, high)


# --- disk ------------------------------------------------------------------------------------------------------------------------------


def check_disk(settings: Settings) -> list[Finding]:
    """The home's, and the recordings' when it is another."""
    return [judge_disk(room) for room in rooms_of(settings.recordings, settings.home)]


def judge_disk(room: Room) -> Finding:
    words = f"{room.free / 1e9:.1f} GB of {room.total / 1e9:.0f} GB are free at {room.folder}"
    if room.is_short:
        return wrong("disk", words, "make room: on a full disk nothing is recorded, and PostgreSQL stops")
    return right("disk", words)


# --- certificates ------------------------------------------------------------------------------------------------------------------------


def check_certificates(settings: Settings, now: datetime, *, context: ssl.SSLContext | None = None) -> list[Finding]:
    urls = {
        "ONEKEY_PUBLIC_URL": settings.public_url,
        "ONEKEY_STORES_PUBLIC_URL": settings.stores_public_url,
        "ONEKEY_OUTSIDE_PUBLIC_URL": settings.outside_public_url,
    }
    asked = {url.rstrip("/"): name for name, url in urls.items() if url.startswith("https://")}
    if not asked:
        if settings.mode == "production":
            return [
                wrong(
                    "certificate",
                    "no address is https",
                    "set ONEKEY_PUBLIC_URL to https://…: browsers give a page no microphone without it",
                )
            ]
        return [unset("certificate", "no address is https")]
    return [_check_certificate(url, now, context or ssl.create_default_context()) for url in asked]


def _check_certificate(url: str, now: datetime, context: ssl.SSLContext) -> Finding:
    parts = urlsplit(url)
    host = parts.hostname or ""
    what = f"certificate of {host}"
    try:
        with socket.create_connection((host, parts.port or 443), timeout=5) as raw, context.wrap_socket(raw, server_hostname=host) as tls:
            der = tls.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        return wrong(what, f"browsers do not accept it ({error.verify_message})", "look at Caddy's log, or renew it")
    except OSError as error:
        return wrong(what, f"nobody answers at {url} ({type(error).__name__})", "is Caddy up, and does the name lead to it?")
    assert der is not None
    return judge_certificate(what, x509.load_der_x509_certificate(der).not_valid_after_utc, now)


def judge_certificate(what: str, ends: datetime, now: datetime) -> Finding:
    days = (ends - now).total_seconds() / 86_400
    words = f"good until {ends.astimezone(UTC):%Y-%m-%d} ({days:.0f} days)"
    if days < CERTIFICATE_DAYS:
        return wrong(what, words, "it should have been renewed by now: look at Caddy's log")
    return right(what, words)


# --- secrets -----------------------------------------------------------------------------------------------------------------------------


def check_secrets(settings: Settings) -> list[Finding]:
    return list(_secrets(settings))


def _secrets(settings: Settings) -> Iterator[Finding]:
    kept = settings.home / "secrets.json"
    if kept.exists() and stat.S_IMODE(kept.stat().st_mode) & 0o077:
        yield wrong("secrets", f"{kept} can be read by others", f"chmod 600 {kept}")
        return
    names = ("secret_key", "field_key", "ari_password", "app_db_password")
    values = {name: getattr(settings, name).get_secret_value() for name in names}
    demo = [f"ONEKEY_{name.upper()}" for name, value in values.items() if value == DEMO_SECRET]
    if settings.mode == "production":
        if demo:  # refused at the start already; seen here when somebody looks before it
            yield wrong("secrets", f"{', '.join(demo)} are the demo's", "set each: openssl rand -base64 32")
        elif len(set(values.values())) < len(values):
            yield wrong("secrets", "two of them are the same", "one that leaks opens the other: give each its own")
        else:
            yield right("secrets", "each is its own, none the demo's")
    elif demo:
        yield unset("secrets", f"{', '.join(demo)} are the demo's, which only {settings.mode} takes")
    else:
        yield right("secrets", "none is the demo's")


def check_push(settings: Settings) -> Finding:
    if not settings.vapid_private_key.get_secret_value():
        return unset("web push", "not set up: stores hear of jobs by text message and in the app (docs/messaging.md)")
    return right("web push", f"has its key, and push services reach {settings.vapid_subject}")
