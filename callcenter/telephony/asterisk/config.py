"""Asterisk's configuration, written from the templates in conf/ for one run: ports, passwords, who is a trunk.

`python -m callcenter.telephony.asterisk.config` writes it for an Asterisk that is installed as a package (compose), to the folder that
both services share.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import structlog

from callcenter import prompts
from callcenter.settings import PbxNode, Settings, get_settings
from callcenter.telephony import sound
from callcenter.telephony.asterisk import debian
from callcenter.telephony.port import CommandRejected

MESSAGE_SECONDS = 120  # the longest message that a caller may leave
log = structlog.get_logger()
TRUNK_QUALIFY = 2  # s between probes in demo and test; a carrier may answer none, so in production nothing is concluded from silence
# the fallback rings so many telephones at first, for so many seconds; so often others, when those turn out to be busy; then everybody
RUNG_FIRST, FIRST_RING, FIRST_TURNS = 3, 6, 3
PEER_RING = 300  # s: how long a telephone rings for another node, that node says
PEER_SILENCE = 10  # s without a packet from another node: it is gone
CEL_FILE = "events.csv"
CEL_MOST = 64_000_000  # bytes, about a year of a district


class ConfigurationError(ValueError):
    """A setting that Asterisk can't be run with; the text names it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an Asterisk finds its own parts, and where it may write."""

    home: Path  # all that it writes, and its configuration
    run: Path  # the control socket: a short path, the kernel allows 107 bytes
    modules: Path
    sbin: Path
    share: Path  # the package's documentation (needed to start) and REST descriptions

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def recordings(self) -> Path:
        return self.spool / "recording"

    @property
    def sounds(self) -> Path:
        return self.home / "data/sounds"

    @property
    def cel(self) -> Path:
        return cel_of(self.home)

    @classmethod
    def unpacked(cls, settings: Settings, root: Path | None = None) -> Layout:
        """Asterisk as `debian` unpacked it."""
        root = root or settings.cache.resolve() / "asterisk/root"
        library = debian.library_folder(root)
        home = settings.pbx_home.resolve()
        return cls(home, socket_folder(home), library / "asterisk/modules", root / "usr/sbin", root / "usr/share/asterisk")

    @classmethod
    def packaged(cls, home: Path) -> Layout:
        """Asterisk as Debian's package installs it (a container); `home` is a volume shared with voice, at the same path in both."""
        library = debian.library_folder(Path("/"))
        return cls(home, Path("/run/asterisk"), library / "asterisk/modules", Path("/usr/sbin"), Path("/usr/share/asterisk"))


def peer_of(node: str) -> str:
    """The endpoint for another node. No account is named so: their names hold no hyphen."""
    if not re.fullmatch(r"[a-z][a-z0-9]*", node):
        raise CommandRejected("no node has such a name")
    return f"peer-{node}"


def cel_of(home: Path) -> Path:
    """The PBX's own record, below its folder (`settings.pbx_home`)."""
    return home / "log/cel-custom" / CEL_FILE


def socket_folder(home: Path) -> Path:
    """A short private folder for the control socket, the same for the same home. Made by `render`."""
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > 60:
        base = Path("/tmp")  # noqa: S108 - the folder below is checked to be ours alone
    return base / f"onekey-ast-{sha256(os.fsencode(home) + str(os.geteuid()).encode()).hexdigest()[:16]}"


def render(settings: Settings, layout: Layout | None = None) -> Layout:
    """Write the configuration, the prompts and the folders; harmless to repeat. Raises ConfigurationError."""
    layout = layout or Layout.unpacked(settings)
    values = _values(settings, layout)
    layout.home.mkdir(parents=True, exist_ok=True)
    layout.home.chmod(0o700)
    for folder in ("agi-bin", "cache", "etc/extra", "lib/keys", "log/cel-custom", "spool/recording", "data/sounds/onekey", "moh"):
        (layout.home / folder).mkdir(parents=True, exist_ok=True)
    make_socket_folder(layout)
    for template in files(__package__).joinpath("conf").iterdir():
        if template.name.endswith(".conf"):
            _write(layout.etc / template.name, _fill(template.read_text("utf-8"), values, template.name))
    for name in ("documentation", "rest-api", "static-http"):
        _link(layout.home / "data" / name, layout.share / name)
    _write_sounds(layout, settings.prompts)
    _link(layout.sounds / "phrases", settings.phrases.resolve())
    _rotate(layout.cel)
    return layout


def is_loopback(settings: Settings) -> bool:
    """Whether telephones reach this PBX from this machine only."""
    try:
        return ipaddress.ip_address(sip_host(settings)).is_loopback
    except ValueError:
        return sip_host(settings) == "localhost"


def sip_host(settings: Settings) -> str:
    return settings.sip_host or settings.host


def media_attributes(settings: Settings) -> dict[str, str]:
    """Endpoint options that say where sound goes; the same for the trunk and for every account."""
    if is_loopback(settings):
        return {"media_address": "127.0.0.1", "bind_rtp_to_media_address": "yes"}
    return {"media_address": settings.media_address} if settings.media_address else {}


def local_addresses() -> list[str]:
    """This machine's own IPv4 addresses but the loopback ones."""
    try:
        text = Path("/proc/net/fib_trie").read_text()
    except OSError:
        return []
    found = re.findall(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL", text)
    return sorted({address for address in found if not address.startswith("127.")})


def trunk_hosts(settings: Settings) -> str:
    """Whom the trunk takes calls from. Raises ConfigurationError."""
    hosts = [h.strip() for h in settings.trunk_hosts.split(",") if h.strip()]
    if not all(re.fullmatch(r"[0-9A-Za-z.:/\[\]-]+", h) for h in hosts):
        raise ConfigurationError("ONEKEY_TRUNK_HOSTS: addresses or networks, separated by commas, such as 203.0.113.10,198.51.100.0/24")
    if settings.mode == "production":
        if not hosts:
            raise ConfigurationError("ONEKEY_TRUNK_HOSTS is empty: name the addresses that the carrier calls from, or no press will arrive")
        return ",".join(hosts)
    return ",".join(["127.0.0.0/8", *hosts])  # any telephone on this machine may be an elder's


def _values(settings: Settings, layout: Layout) -> dict[str, str]:
    for path in (layout.home, layout.run, layout.share):
        if re.search(r"[,;$\[\]{}\"'\\\n]", str(path)):
            raise ConfigurationError(
                f"Asterisk can't work below a folder with such a name: {path} (move it, or set ONEKEY_HOME and ONEKEY_CACHE)"
            )
    host = sip_host(settings)
    mapped = is_loopback(settings) and settings.mode != "production"
    trunk_contact = _word("ONEKEY_TRUNK_CONTACT", settings.trunk_contact, r"[0-9A-Za-z.:\[\]-]+")
    return {
        "home": str(layout.home),
        "etc": str(layout.etc),
        "modules": str(layout.modules),
        "varlib": str(layout.home / "lib"),
        "data": str(layout.home / "data"),
        "spool": str(layout.spool),
        "run": str(layout.run),
        "log": str(layout.home / "log"),
        "sbin": str(layout.sbin),
        "moh": str(layout.home / "moh"),
        "recordings": str(layout.recordings),
        "cel_file": CEL_FILE,
        "app": _word("ONEKEY_ARI_APP", settings.ari_app, r"[0-9A-Za-z_-]+"),
        "ari_user": _word("ONEKEY_ARI_USER", settings.ari_user, r"[0-9A-Za-z_-]+"),
        "ari_password": _word("ONEKEY_ARI_PASSWORD", settings.ari_password.get_secret_value(), r"[^\s;\\]{1,128}"),
        "ari_bind": settings.ari_host,
        "ari_port": str(settings.ari_port),
        "sip_bind": "127.0.0.1" if host == "localhost" else host,
        "sip_port": str(settings.sip_port),
        "rtp_start": str(settings.rtp_start),
        "rtp_end": str(settings.rtp_end),
        "media": "\n".join(f"{key} = {value}" for key, value in media_attributes(settings).items()),
        "external_addresses": (
            f"external_media_address = {settings.media_address}\nexternal_signaling_address = {settings.media_address}"
            if settings.media_address
            else ""
        ),
        "ice_host_candidates": "\n".join(f"{address} => 127.0.0.1" for address in local_addresses()) if mapped else "",
        "trunk_contact": trunk_contact,
        "trunk_match": trunk_hosts(settings),
        "trunk_qualify": "0" if settings.mode == "production" else str(TRUNK_QUALIFY),
        "offered_ms": str(round(settings.timings.offered * 1000)),
        "guard": str(settings.timings.guard),
        "rung_first": str(RUNG_FIRST),
        "first_turns": str(FIRST_TURNS),
        "first_ring": str(math.ceil(min(FIRST_RING, settings.timings.service_ring))),
        "agents_ring": str(math.ceil(settings.timings.service_ring)),
        "duty_ring": str(math.ceil(settings.timings.duty_ring)),
        "message_seconds": str(MESSAGE_SECONDS),
        "peer_ring": str(PEER_RING),
        **_of_nodes(settings),
    }


def _of_nodes(settings: Settings) -> dict[str, str]:
    """What makes this Asterisk one of several: its name before channel ids, and the others as endpoints."""
    if not settings.nodes:
        return {"system_name": "", "peers": "", "peers_that_ring": ""}
    if not settings.pbx_node:
        raise ConfigurationError("ONEKEY_PBX_NODE is empty: which of ONEKEY_PBX_NODES is this one?")
    others = [node for node in settings.nodes if node.name != settings.pbx_node]
    return {
        "system_name": f"systemname = {settings.pbx_node}",
        "peers": "\n".join(_peer(settings, node) for node in others),
        "peers_that_ring": "\n".join(_RINGS_THERE.replace("PEER", peer_of(node.name)) for node in others),
    }


# in the fallback, of an agent who is not registered here
_RINGS_THERE = (
    " same => n,ExecIf($[${LEN(${PJSIP_DIAL_CONTACTS(${NEXT})})} = 0 & ${LEN(${PJSIP_DIAL_CONTACTS(PEER)})} > 0]"
    "?Set(RINGING=${RINGING}&PJSIP/${NEXT}@PEER))"
)


def peer_password(settings: Settings) -> str:
    return hmac.new(settings.ari_password.get_secret_value().encode(), b"between nodes", "sha256").hexdigest()


def _peer(settings: Settings, node: PbxNode) -> str:
    """Known by its name and a password that all nodes make of the same secret, and taken from its address alone."""
    address, port = node.sip_address
    peer, us = peer_of(node.name), peer_of(settings.pbx_node)
    values = {
        "peer": peer,
        "us": us,
        "password": peer_password(settings),
        "address": address,
        "port": str(port),
        "silence": str(PEER_SILENCE),
    }
    values["uri"] = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    values["media"] = "\n".join(f"{key} = {value}" for key, value in media_attributes(settings).items())
    return _fill(_PEER, values, "pjsip.conf")


_PEER = """
[@{peer}]
type = endpoint
identify_by = username
transport = transport-udp
context = from-peer
; what voice says of the caller goes along as it is; From says which node asks
from_user = @{us}
trust_id_inbound = yes
trust_id_outbound = yes
send_pai = yes
send_connected_line = no
allow_transfer = no
allow_subscribe = no
disallow = all
allow = alaw,ulaw
direct_media = no
rtp_symmetric = yes
; a node that dies says no BYE; one that has nothing to send, to an agent whose caller is held, says that it is there
rtp_timeout = @{silence}
rtp_keepalive = 2
@{media}
deny = 0.0.0.0/0.0.0.0
permit = @{address}
auth = @{peer}
outbound_auth = @{us}-out
aors = @{peer}

[@{peer}]
type = auth
auth_type = userpass
username = @{peer}
password = @{password}

[@{us}-out]
type = auth
auth_type = userpass
username = @{us}
password = @{password}

[@{peer}]
type = aor
contact = sip:@{uri}
qualify_frequency = 2
qualify_timeout = 1.9
"""


def _word(name: str, value: str, pattern: str) -> str:
    """Nothing in a setting may end the line or begin a comment of a configuration file."""
    if not re.fullmatch(pattern, value):
        raise ConfigurationError(f"{name} holds characters that can't stand in Asterisk's configuration (allowed: {pattern})")
    return value


def _fill(text: str, values: dict[str, str], name: str) -> str:
    def value(match: re.Match[str]) -> str:
        try:
            return values[match[1]]
        except KeyError:
            raise ConfigurationError(f"{name}: unknown placeholder {match[0]}") from None

    return re.sub(r"@\{(\w+)\}", value, text)


def _write(path: Path, text: str) -> None:
    """Readable by the owner alone (passwords), and never half-written."""
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _link(path: Path, target: Path) -> None:
    if path.is_symlink():
        path.unlink()
    if not path.exists():
        path.symlink_to(target)


def make_socket_folder(layout: Layout) -> None:
    """Without it Asterisk runs, but can't be asked anything; something may have tidied the temp folder since the last start."""
    if layout.run.name.startswith("onekey-ast-"):
        _private_folder(layout.run)


def _private_folder(path: Path) -> None:
    """Others may write to the temp folder: what lies there under our name must be ours, and no link."""
    path.mkdir(mode=0o700, exist_ok=True)
    info = path.lstat()
    if path.is_symlink() or info.st_uid != os.geteuid():
        raise ConfigurationError(f"{path} belongs to somebody else: remove it, or set TMPDIR to another folder")
    path.chmod(0o700)


def _write_sounds(layout: Layout, own: str) -> None:
    folder = layout.sounds / "onekey"
    for file, problem in prompts.read_own(own).problems:
        log.warning("own_recording_passed_over", file=Path(file).name, problem=problem)
    for name, path in prompts.wav_files(own).items():
        (folder / f"{name}.wav").write_bytes(path.read_bytes())
    for path in (folder / "beep.wav", layout.sounds / "beep.wav"):
        sound.write_wav(path, sound.beep())
    sound.write_wav(folder / "error_tone.wav", sound.error_tone())
    hold = layout.home / "moh/hold.wav"
    if not hold.exists():  # a centre may put its own there
        sound.write_wav(hold, sound.hold_music())


def _rotate(record: Path) -> None:
    """The PBX's own record is begun afresh when it is long; history.py reads on across the seam."""
    if record.exists() and record.stat().st_size > CEL_MOST:
        record.rename(record.with_name(f"{record.stem}-{int(record.stat().st_mtime)}{record.suffix}"))


def main() -> None:
    settings = get_settings()
    layout = render(settings, Layout.packaged(settings.pbx_home.resolve()))
    print(layout.etc)  # noqa: T201 - the entry point's answer


if __name__ == "__main__":
    main()
