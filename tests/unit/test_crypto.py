"""Fields that nobody can read or change in the database, and an index by which they are found again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from callcenter.kit import crypto
from callcenter.kit.crypto import EncryptedJSON, EncryptedText, Undecryptable, decrypt, encrypt, index
from callcenter.settings import get_settings

COLUMN = "elders.health"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@pytest.fixture
def another_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same data, opened by a centre with another ONEKEY_FIELD_KEY."""
    yield
    get_settings.cache_clear()


def with_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("ONEKEY_FIELD_KEY", key)
    get_settings.cache_clear()


@given(st.binary(max_size=5000), st.text(max_size=50))
@settings(deadline=None)
def test_what_is_encrypted_is_read_again(plain: bytes, column: str) -> None:
    assert decrypt(encrypt(plain, column), column) == plain


def test_twice_the_same_is_not_seen_to_be_the_same() -> None:
    assert len({encrypt(b"420606194001011234", COLUMN) for _ in range(100)}) == 100


def test_nothing_of_it_is_readable() -> None:
    assert "青霉素".encode() not in encrypt("青霉素过敏".encode(), COLUMN)


def test_every_bit_counts() -> None:
    stored = encrypt("青霉素过敏".encode(), COLUMN)
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= 1
        with pytest.raises(Undecryptable):
            decrypt(bytes(changed), COLUMN)


@pytest.mark.parametrize("end", [0, 1, 12, 13, 28, -1])
def test_what_is_cut_off_is_not_read(end: int) -> None:
    with pytest.raises(Undecryptable):
        decrypt(encrypt(b"", COLUMN)[:end] if end != -1 else encrypt(b"x", COLUMN)[:-1], COLUMN)


@pytest.mark.parametrize("column", ["elders.id_number", "elders.healt", "elders.health ", ""])
def test_a_value_moved_to_another_column_is_not_read(column: str) -> None:
    with pytest.raises(Undecryptable):
        decrypt(encrypt(b"420606194001011234", COLUMN), column)


@pytest.mark.usefixtures("another_key")
def test_another_key_reads_nothing_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with_key(monkeypatch, "the first centre's key")
    stored, found_by = encrypt(b"secret words", COLUMN), index("420606194001011234", COLUMN)
    with_key(monkeypatch, "the second centre's key")
    with pytest.raises(Undecryptable) as refused:
        decrypt(stored, COLUMN)
    assert "secret" not in str(refused.value) and "key" in str(refused.value)
    assert index("420606194001011234", COLUMN) != found_by
    with_key(monkeypatch, "the first centre's key")
    assert decrypt(stored, COLUMN) == b"secret words" and index("420606194001011234", COLUMN) == found_by


def test_the_index_is_the_same_for_the_same_and_tells_nothing() -> None:
    number = "42060619400101123X"
    assert index(number, "elders.id_number") == index(number, "elders.id_number")
    others = {
        index(number, COLUMN),
        index(number[:-1], "elders.id_number"),
        index(number.lower(), "elders.id_number"),
        index("", "elders.id_number"),
    }
    assert len(others) == 4 and index(number, "elders.id_number") not in others
    assert number not in index(number, "elders.id_number") and len(index(number, "elders.id_number")) == 64


@pytest.mark.usefixtures("another_key")
def test_what_old_versions_wrote_is_found_and_read_by_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forms that lie in centres' databases: whoever changes them needs a migration."""
    with_key(monkeypatch, "a key that never changes")
    assert index("420606194001011234", "elders.id_number") == "29da16d222fb2fb6db8331099263830eb7a6b60faa6cad9937c50e63765daa4c"
    assert (
        decrypt(bytes.fromhex("01a6c35a943f2cd581c5dfd88449160809fc5ee55ad2f7e7e7ba58718f1c24c3083c52b967d6f95cae7827f1"), COLUMN)
        == "青霉素过敏".encode()
    )


def test_the_key_for_finding_is_not_the_key_for_reading() -> None:
    assert crypto._key("secret", "field") != crypto._key("secret", "index")


def test_columns_of_text_and_of_json() -> None:
    for column, value in ((EncryptedText(COLUMN), "王桂兰 👵"), (EncryptedJSON(COLUMN), {"allergies": ["青霉素"], "n": 1, "none": None})):
        stored = column.process_bind_param(value, DIALECT)  # type: ignore[arg-type]
        assert stored is not None and stored[0] == crypto.VERSION
        assert column.process_result_value(stored, DIALECT) == value
        assert column.process_bind_param(None, DIALECT) is None and column.process_result_value(None, DIALECT) is None
