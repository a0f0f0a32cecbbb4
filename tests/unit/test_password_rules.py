"""Which passwords are taken: long enough and not the first ones to be tried; and no demand for digits or capitals."""

from __future__ import annotations

import pytest

from callcenter.accounts.roles import Role
from callcenter.accounts.rules import MIN_PASSWORD, common_passwords, owed_by, password_problem
from callcenter.settings import ROLES_AND_NONE


@pytest.mark.parametrize(
    "password",
    [
        "kaifeng-2024-hua",
        "老街的桂花糕很香真的",
        "correct horse battery staple",
        "mlgbtdrzhq",  # ten letters, no digit, no capital
        "x" * 6 + "yz9qpl4",
        "a" * 100 + "bcdefg",
    ],
)
def test_taken(password: str) -> None:
    assert password_problem(password, "chen.jing") is None


@pytest.mark.parametrize(
    "password,problem",
    [
        ("", "length"), ("short", "length"), ("九个字的密码不够长", "length"), ("x1y2z3" * 40, "length"),
        ("kaifeng\x00-2024-hua", "nul"),
        ("chen.jing1", "username"), ("CHEN.JING2024", "username"), ("gnij.nehc1", "username"), ("chen.jingchen.jing", "username"),
        ("aaaaaaaaaaaa", "repetition"), ("abababababab", "repetition"), ("1 1 2 2 1 1 2 2", "repetition"), ("123123123123", "repetition"),
        ("1234567890", "sequence"), ("0987654321", "sequence"), ("qwertyuiop", "sequence"), ("QWERTYUIOPas", "sequence"),
        ("abcdefghijkl", "sequence"), ("1qaz2wsx3edc", "sequence"), ("１２３４５６７８９０", "sequence"),
        ("woaini1314", "common"), ("WoAiNi1314", "common"), ("woaini1314!", "common"), ("a123456789", "common"),
        ("password123", "common"), ("Password123!", "common"), ("5201314520", "common"), ("yijiantong", "common"), ("woai ni1314", "common"),
    ],
)  # fmt: skip
def test_refused(password: str, problem: str) -> None:
    assert password_problem(password, "chen.jing") == problem


def test_a_short_user_name_inside_a_long_password_is_no_fault() -> None:
    assert password_problem("the-ann-arbor-tree", "ann") is None


def test_the_list_is_some_hundred_lines_in_lower_case() -> None:
    words = common_passwords()
    assert 300 < len(words) < 2000
    assert all(word == word.lower() == word.strip() and len(word) >= MIN_PASSWORD - 1 for word in words)


def test_what_is_owed() -> None:
    both = frozenset({"supervisor", "admin"})
    assert owed_by(Role.AGENT, must_change_password=False, has_totp=False, totp_required=both) == ()
    assert owed_by(Role.ADMIN, must_change_password=False, has_totp=False, totp_required=both) == ("totp",)
    assert owed_by(Role.ADMIN, must_change_password=True, has_totp=False, totp_required=both) == ("password", "totp")
    assert owed_by(Role.SUPERVISOR, must_change_password=True, has_totp=True, totp_required=both) == ("password",)


def test_the_settings_know_the_roles() -> None:
    assert set(ROLES_AND_NONE) == {*Role, "none"}
