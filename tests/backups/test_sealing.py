"""The encrypted stream: what is not whole, not ours or not what it was is never read."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from callcenter.backups.files import belonging
from callcenter.backups.keys import NoKey, keys_of
from callcenter.backups.members import DATABASE, Manifest, Packer, examine, unpack
from callcenter.backups.sealing import PIECE, BackupKey, Opener, Sealer, Unreadable
from callcenter.settings import DEMO_SECRET, Settings

OLD, NEW = BackupKey("the key of last year"), BackupKey("the key of this year")
AT = datetime(2026, 11, 27, tzinfo=UTC)


def sealed(plain: bytes, key: BackupKey = NEW) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, key)
    for start in range(0, len(plain), 300_000):
        sealer.write(plain[start : start + 300_000])
    sealer.finish()
    return file.getvalue()


def manifest(packer: Packer) -> Manifest:
    return Manifest(
        version="0", made_at=AT, migration="0001", postgres=18, mode="test", field_key="", counts={}, vanished=0, members=packer.members
    )


def packed(*, finish: bool = True, **files: bytes) -> bytes:
    out = io.BytesIO()
    packer = Packer(out, NEW)
    packer.add(DATABASE, [b"rows " * 500_000])
    for name, content in files.items():
        packer.add(f"home/{name}", [content])
    if finish:
        packer.finish(manifest(packer))
    return out.getvalue()


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_goes_in_comes_out(length: int) -> None:
    plain = bytes(index % 251 for index in range(1000)) * (length // 1000 + 1)
    plain = plain[:length]
    opener = Opener(io.BytesIO(sealed(plain)), (NEW,))
    assert opener.read(length) == plain
    if length:
        opener.end()
    with pytest.raises(Unreadable):
        opener.read(length + PIECE)


def test_keys_rotate_the_first_writes_every_one_reads() -> None:
    keys = keys_of(Settings(backup_key=SecretStr(f"{NEW.secret}, {OLD.secret}")))
    assert keys == (NEW, OLD)
    assert Opener(io.BytesIO(sealed(b"of last year", OLD)), keys).read(12) == b"of last year"
    with pytest.raises(Unreadable, match=f"made with the key {OLD.id}, and ONEKEY_BACKUP_KEY has {NEW.id}"):
        Opener(io.BytesIO(sealed(b"of last year", OLD)), (NEW,))
    assert NEW.secret not in repr(NEW)


@pytest.mark.parametrize("given", ["", " , ", "short", DEMO_SECRET, f"{'x' * 32},short"])
def test_production_refuses_a_weak_key(given: str) -> None:
    production = Settings.model_construct(mode="production", backup_key=SecretStr(given))
    with pytest.raises(NoKey, match="ONEKEY_BACKUP_KEY"):
        keys_of(production)


def test_one_bit_anywhere_is_noticed() -> None:
    whole = packed(file=b"x" * 1000)
    assert examine(io.BytesIO(whole), (NEW,)).manifest.migration == "0001"
    for place in [*range(0, 49, 3), 60, PIECE // 2, PIECE + 80, len(whole) // 2, len(whole) - 20, len(whole) - 1]:
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(Unreadable):
            examine(io.BytesIO(bytes(changed)), (NEW,))


def test_cut_off_anywhere_or_with_something_added_is_noticed() -> None:
    whole = packed(file=b"x" * 1000)
    stored = PIECE + 16  # a piece and its tag
    for length in [0, 5, 48, 49, 50, 49 + stored, 49 + stored + 1, 49 + 2 * stored, len(whole) // 2, len(whole) - 1]:
        with pytest.raises(Unreadable):
            examine(io.BytesIO(whole[:length]), (NEW,))
    for more in (b"\0", whole):
        with pytest.raises(Unreadable):
            examine(io.BytesIO(whole + more), (NEW,))
    swapped = whole[:49] + whole[49 + stored : 49 + 2 * stored] + whole[49 : 49 + stored] + whole[49 + 2 * stored :]
    with pytest.raises(Unreadable):
        examine(io.BytesIO(swapped), (NEW,))


def test_one_that_was_never_finished_is_none() -> None:
    with pytest.raises(Unreadable):
        examine(io.BytesIO(packed(finish=False)), (NEW,))


def test_a_manifest_that_says_something_else_is_refused() -> None:
    out = io.BytesIO()
    packer = Packer(out, NEW)
    packer.add(DATABASE, [b"rows"])
    said = manifest(packer)
    packer.add("home/more", [b"not told"])
    packer.finish(said.model_copy(update={"members": packer.members[:1]}))
    with pytest.raises(Unreadable, match="not what its manifest says"):
        examine(io.BytesIO(out.getvalue()), (NEW,))


@pytest.mark.parametrize("name", ["../out", "home/../../out", "/etc/passwd", "home", "elsewhere/file", "home//file", "home/./file"])
def test_no_name_leaves_its_folder(name: str) -> None:
    out = io.BytesIO()
    packer = Packer(out, NEW)
    packer.add(name, [b"x"])
    packer.finish(manifest(packer))
    with pytest.raises(Unreadable, match="does not belong"):
        for _, pieces in unpack(io.BytesIO(out.getvalue()), (NEW,)):
            list(pieces)


def test_what_of_a_home_belongs_into_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    inside = {"secrets.json", "sheets/42.sheet", "asterisk/log/cel-custom/presses.csv", "asterisk/spool/recording/1.wav", "twilio/a/b"}
    outside = {
        "postgres/data/PG_VERSION",
        "env.json",
        "lock",
        "log/voice.log",
        "celerybeat.db",
        "asterisk/etc/ari.conf",
        "sheets/.x",
        "half.part",
    }
    for name in inside | outside | {"recordings/one.wav.sealed"}:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(json.dumps(name))
    (home / "link").symlink_to("/etc/passwd")
    names = {name for name, _ in belonging(Settings(home=home))}
    assert names == {f"home/{name}" for name in inside} | {"recordings/one.wav.sealed"}
    apart = Settings(home=home, recordings_dir=str(home / "sheets"), protocols=str(home / "twilio"))
    assert {"recordings/42.sheet", "protocols/a/b", "home/recordings/one.wav.sealed"} <= {name for name, _ in belonging(apart)}
