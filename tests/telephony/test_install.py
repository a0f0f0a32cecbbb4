"""Getting and configuring Asterisk: what is refused, and that nothing half-done is taken for done. No network is used."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from callcenter.settings import Settings
from callcenter.telephony.asterisk import config, debian, local
from callcenter.telephony.asterisk.config import ConfigurationError, Layout, render
from callcenter.telephony.asterisk.debian import InstallError


def settings(tmp_path: Path, **changes: object) -> Settings:
    return Settings.model_validate({"mode": "test", "home": tmp_path / "home", "cache": tmp_path / "cache"} | changes)


def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "pbx", tmp_path / "run", Path("/modules"), Path("/sbin"), Path("/share"))


# --- installing --------------------------------------------------------------------------------------------------------------


def tree(cache: Path) -> Path:
    root = cache / "asterisk/root"
    (root / "usr/sbin").mkdir(parents=True)
    (root / "usr/sbin/asterisk").write_text("")
    return root


def test_an_interrupted_installation_is_not_taken_for_a_finished_one(tmp_path: Path) -> None:
    root = tree(tmp_path)
    assert debian.installed_root(tmp_path) is None
    (tmp_path / "asterisk/debs.sha256").write_text("…")
    assert debian.installed_root(tmp_path) == root


def test_finished_installations_are_left_alone(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (tmp_path / "asterisk/debs.sha256").write_text("…")
    assert debian.ensure_installed(tmp_path, lambda line: pytest.fail(line)) == root


def test_what_was_left_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path)
    (tmp_path / "asterisk.partial-old").mkdir()

    def fill(work: Path, progress: debian.Progress) -> None:
        (work / "root/usr/sbin").mkdir(parents=True)
        (work / "root/usr/sbin/asterisk").write_text("new")
        (work / "debs.sha256").write_text("…")

    monkeypatch.setattr(debian, "_fill", fill)
    root = debian.ensure_installed(tmp_path)
    assert (root / "usr/sbin/asterisk").read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["asterisk", "asterisk.lock"]


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(work: Path, progress: debian.Progress) -> None:
        (work / "half").write_text("")
        raise InstallError("the network is down")

    monkeypatch.setattr(debian, "_fill", fill)
    with pytest.raises(InstallError, match="network"):
        debian.ensure_installed(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["asterisk.lock"]


def test_no_debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match=r"no apt-get and no dpkg-deb.*docker compose up"):
        debian.ensure_installed(tmp_path / "cache")


def test_a_mirror_that_fails_says_what_apt_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_mirrors", lambda: ["file:///nowhere/debian"])
    with pytest.raises(InstallError, match="Is the network up") as said:
        debian.ensure_installed(tmp_path)
    assert "nowhere" in str(said.value)


def test_source_lists_are_read_before_the_first_update(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://127.0.0.1/old/debian x main\ndeb [signed-by=/k] http://127.0.0.1/one/debian bookworm main\n"
    )
    (tmp_path / "sources.list.d/a.sources").write_text("URIs: https://127.0.0.1/two/debian/\nSuites: trixie\n")
    (tmp_path / "sources.list.d/b.sources").write_text("URIs: https://127.0.0.1/other/node\n")
    assert debian._listed_mirrors(tmp_path) == ["http://127.0.0.1/one/debian", "https://127.0.0.1/two/debian/"]


def test_a_command_without_an_installation(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="ensure_installed"):
        local.command(settings(tmp_path))


# --- configuring -------------------------------------------------------------------------------------------------------------


def test_rendered_twice_is_the_same_and_private(tmp_path: Path) -> None:
    where = layout(tmp_path)
    for _ in range(2):
        render(settings(tmp_path), where)
    assert stat.S_IMODE(where.home.stat().st_mode) == 0o700
    for file in where.etc.glob("*.conf"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "@{" not in file.read_text()
    assert not list(where.etc.glob("*.part"))
    assert (where.sounds / "onekey/beep.wav").stat().st_size > 1_000


def test_ports_and_addresses(tmp_path: Path) -> None:
    where = render(settings(tmp_path, sip_port=5099, ari_port=8099, rtp_start=10_000, rtp_end=10_100), layout(tmp_path))
    pjsip = (where.etc / "pjsip.conf").read_text()
    assert "bind = 127.0.0.1:5099" in pjsip and "match = 127.0.0.0/8" in pjsip and "media_address = 127.0.0.1" in pjsip
    assert "bindaddr = 127.0.0.1\nbindport = 8099" in (where.etc / "http.conf").read_text()
    assert "rtpstart = 10000" in (where.etc / "rtp.conf").read_text()
    for address in config.local_addresses():
        assert f"{address} => 127.0.0.1" in (where.etc / "rtp.conf").read_text()


def production(tmp_path: Path, **changes: object) -> Settings:
    secrets = {name: SecretStr("x" * 32) for name in ("secret_key", "field_key", "ari_password", "app_db_password")}
    return settings(tmp_path, mode="production", host="0.0.0.0", **secrets, **changes)


def test_production_names_its_trunk_and_maps_no_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="ONEKEY_TRUNK_HOSTS"):
        render(production(tmp_path), layout(tmp_path))
    where = render(production(tmp_path, trunk_hosts="203.0.113.10, 198.51.100.0/24", media_address="203.0.113.99"), layout(tmp_path))
    pjsip = (where.etc / "pjsip.conf").read_text()
    assert "match = 203.0.113.10,198.51.100.0/24" in pjsip and "127.0.0.0/8" not in pjsip
    assert "external_media_address = 203.0.113.99" in pjsip and "qualify_frequency = 0" in pjsip
    assert "=> 127.0.0.1" not in (where.etc / "rtp.conf").read_text()
    assert "bindaddr = 127.0.0.1" in (where.etc / "http.conf").read_text()  # ARI never follows the public address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ari_password", "a;b"),
        ("ari_password", "a\nread_only=no"),
        ("ari_password", ""),
        ("ari_user", "a]\n[b"),
        ("ari_app", "x$,y"),
        ("trunk_contact", "h\nx=y"),
        ("trunk_hosts", "1.2.3.4\n[evil]"),
    ],
)
def test_no_setting_breaks_out_of_its_line(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"ONEKEY_{name.upper()}"):
        render(settings(tmp_path, **{name: value}), layout(tmp_path))


@pytest.mark.parametrize("name", ["a,b", "a;b", "a${b}", 'a"b', "a[b"])
def test_a_folder_that_asterisk_would_misread(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        render(settings(tmp_path), layout(tmp_path / name))


def test_the_control_socket_has_a_short_path_from_any_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(*["a-very-long-folder-name"] * 12)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(deep))
    folder = config.socket_folder(deep)
    assert len(os.fsencode(folder / "asterisk.ctl")) < 100
    assert folder != config.socket_folder(tmp_path)


def test_a_planted_socket_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    planted = tmp_path / "onekey-ast-0123"
    planted.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="somebody else"):
        render(settings(tmp_path), Layout(tmp_path / "pbx", planted, Path("/m"), Path("/s"), Path("/share")))


def test_a_long_record_is_begun_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = render(settings(tmp_path), layout(tmp_path))
    where.cel.write_text("row\n")
    render(settings(tmp_path), where)
    assert where.cel.exists()
    monkeypatch.setattr(config, "CEL_MOST", 2)
    render(settings(tmp_path), where)
    assert [f.read_text() for f in where.cel.parent.iterdir()] == ["row\n"] and not where.cel.exists()


def test_a_centres_own_hold_music_is_kept(tmp_path: Path) -> None:
    where = render(settings(tmp_path), layout(tmp_path))
    (where.home / "moh/hold.wav").write_bytes(b"ours")
    render(settings(tmp_path), where)
    assert (where.home / "moh/hold.wav").read_bytes() == b"ours"


def test_the_entry_for_containers(tmp_path: Path) -> None:
    environment = os.environ | {"ONEKEY_HOME": str(tmp_path / "home"), "ONEKEY_MODE": "demo"}
    done = subprocess.run(
        [sys.executable, "-m", "callcenter.telephony.asterisk.config"], env=environment, capture_output=True, text=True, check=True
    )
    etc = Path(done.stdout.strip())
    assert etc == (tmp_path / "home/asterisk/etc").resolve()
    assert "astrundir => /run/asterisk" in (etc / "asterisk.conf").read_text()
