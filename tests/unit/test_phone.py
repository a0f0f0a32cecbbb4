"""Every form of one number is the same number; nothing that comes in raises."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.phone import WITHHELD, Number, NumberKind, candidates, clean_digits, dial_string, mask, normalise, pretty
from callcenter.settings import Settings

S = Settings(_env_file=None, home_area_code="0710", country="CN", trunk_access_digits="9", trunk_number_format="national")

LANDLINE = "+867103456789"
MOBILE = "+8613812345678"

LANDLINE_FORMS = [
    "07103456789", "7103456789", "+867103456789", "00867103456789", "867103456789", "3456789",
    "+86 710 345 6789", "+86 (0) 710-345-6789", "+8607103456789", "008607103456789", "8607103456789",
    "0710-3456789", "0710/345/6789", "(0710) 345 6789", "0710 345–6789", "0710.345.6789", "(+86)(0710)3456789",
    "０７１０３４５６７８９", "０７１０－３４５６７８９", "٠٧١٠٣٤٥٦٧٨٩", "07103456789;tag=1928301774", "sip:07103456789@trunk.example:5060;user=phone",
    '"王桂兰" <sip:+867103456789@10.0.0.1;transport=udp>;tag=as58f4', "tel:+86-710-345-6789;phone-context=+86", "<sips:%2B867103456789@host>",
    "+07103456789", "++867103456789", "0710 345 6789 转 501", "07103456789 ext. 12", "07103456789,,501", "\u202d07103456789\u202c",
    "  07103456789  ", "*67*07103456789", "#31#07103456789", "07103456789#",
]  # fmt: skip
MOBILE_FORMS = [
    "13812345678", "+8613812345678", "008613812345678", "8613812345678", "013812345678", "138 1234 5678", "138-1234-5678",
    "+86 013812345678", "１３８１２３４５６７８", "sip:013812345678@x", "138/1234/5678",
]  # fmt: skip


@pytest.mark.parametrize("raw", LANDLINE_FORMS)
def test_landline_forms_are_one_number(raw: str) -> None:
    assert normalise(raw, S) == Number(NumberKind.E164, LANDLINE)
    assert candidates(raw, S)[0] == LANDLINE


@pytest.mark.parametrize("raw", MOBILE_FORMS)
def test_mobile_forms_are_one_number(raw: str) -> None:
    assert normalise(raw, S) == Number(NumberKind.E164, MOBILE)
    assert candidates(raw, S)[0] == MOBILE


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("907103456789", [LANDLINE]), ("9 13812345678", [MOBILE]), ("9013812345678", [MOBILE]), ("93456789", [LANDLINE]),
        ("9008613812345678", [MOBILE]), ("97103456789", [LANDLINE]),
    ],
)  # fmt: skip
def test_the_access_digit_is_read_last(raw: str, expected: list[str]) -> None:
    assert candidates(raw, S) == expected


def test_the_exact_reading_comes_before_the_access_digit() -> None:
    """0970 is Xining: a true number, although an exchange's 9 could stand before 70… as well."""
    assert candidates("+869706123456", S) == ["+869706123456"]
    assert candidates("9706123456", S)[0] == "+869706123456"


def test_without_access_digits_none_is_guessed() -> None:
    plain = S.model_copy(update={"trunk_access_digits": ""})
    assert candidates("907103456789", plain) == []


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("110", "110"), ("120", "120"), ("119", "119"), ("12349", "12349"), ("1234900", "1234900"), ("+12349", "12349"), ("12345", "12345"),
        ("95588", "95588"), ("10086", "10086"), ("400-123-4567", "4001234567"), ("+864001234567", "4001234567"), ("0710120", "120"),
        ("071012349", "12349"), ("+86710120", "120"), ("8008101234", "8008101234"),
    ],
)  # fmt: skip
def test_short_codes(raw: str, code: str) -> None:
    assert normalise(raw, S) == Number(NumberKind.SHORT, code)
    assert candidates(raw, S) == []
    assert mask(code) == code
    assert dial_string(Number(NumberKind.SHORT, code), S) == code


def test_a_local_number_that_begins_like_the_area_code_stays_local() -> None:
    assert normalise("7101234", S) == Number(NumberKind.E164, "+867107101234")


@pytest.mark.parametrize(
    "raw", [None, "", "   ", "anonymous", "Anonymous", "unknown", "Restricted", "sip:anonymous@anonymous.invalid", "未知"]
)
def test_withheld(raw: str | None) -> None:
    assert normalise(raw, S) is WITHHELD
    assert candidates(raw, S) == []


@pytest.mark.parametrize(
    "raw",
    [
        "hello", "'; DROP TABLE elders; --", "<script>alert(1)</script>", "王桂兰", "0710x34y56", "+", "-", "*#*#", "\x00\x01", "☎",
        "A" * 10_240, "9" * 10_240, "0" * 10_240, " " * 4000 + ",", "," * 4000, "ﷺ" * 4000, "sip:" * 1000, "<" * 4000, "1" * 21,
    ],
)  # fmt: skip
def test_junk_is_no_number(raw: str) -> None:
    began = time.process_time()
    assert normalise(raw, S) in (None, WITHHELD)
    assert candidates(raw, S) == []
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize("raw", ["8001", "42", "0", "07103", "55555555555"])
def test_digits_of_no_plan_stay_a_key(raw: str) -> None:
    number = normalise(raw, S)
    assert number == Number(NumberKind.OTHER, raw)
    assert not number.is_dialable
    with pytest.raises(ValueError, match="dialled"):
        dial_string(number, S)


@pytest.mark.parametrize(
    ("e164", "national", "digits"),
    [
        (LANDLINE, "07103456789", "867103456789"), (MOBILE, "13812345678", "8613812345678"), ("+861012345678", "01012345678", "861012345678"),
        ("+12025550123", "0012025550123", "12025550123"),
    ],
)  # fmt: skip
def test_dial_string(e164: str, national: str, digits: str) -> None:
    assert dial_string(e164, S) == national
    assert dial_string(e164, S.model_copy(update={"trunk_number_format": "e164"})) == e164
    assert dial_string(e164, S.model_copy(update={"trunk_number_format": "digits"})) == digits
    assert normalise(national, S) == Number(NumberKind.E164, e164)


def test_another_country() -> None:
    british = S.model_copy(update={"country": "GB", "home_area_code": "020"})
    assert candidates("02079460018", british) == ["+442079460018"]
    assert candidates("79460018", british) == ["+442079460018"]
    assert dial_string("+442079460018", british) == "02079460018"


@pytest.mark.parametrize(
    ("value", "masked", "written"),
    [
        (MOBILE, "138****5678", "138 1234 5678"), (LANDLINE, "0710-345****", "0710-345 6789"), ("+861012345678", "010-1234****", "010-1234 5678"),
        ("+12025550123", "+120****", "+1 202-555-0123"), ("", "", ""), ("8001", "****", "8001"),
    ],
)  # fmt: skip
def test_masks(value: str, masked: str, written: str) -> None:
    assert mask(value) == masked
    assert pretty(value) == written


def test_search_digits() -> None:
    assert clean_digits(" ６７-89 ") == "6789"
    assert clean_digits("3-2-501室") == ""


@given(
    st.text(max_size=200)
    | st.text(alphabet="+0123456789 -/()*#;:@<>sipteltag=%转,x", max_size=60)
    | st.binary(max_size=100).map(lambda b: b.decode("latin-1"))
)
def test_never_raises_and_is_stable(raw: str) -> None:
    number = normalise(raw, S)
    if number is None or number.kind is NumberKind.WITHHELD:
        return
    assert normalise(number.value, S) == number, "a stored number read again is itself"
    mask(number)
    pretty(number)
    if number.kind is NumberKind.E164:
        assert normalise(dial_string(number, S), S) == number


mobiles = st.tuples(st.sampled_from("3456789"), st.from_regex(r"\A[0-9]{9}\Z")).map(lambda t: f"1{t[0]}{t[1]}")
landlines = st.from_regex(r"\A0710[2-8][0-9]{6}\Z")
separators = st.sampled_from(["", " ", "-", "/", ".", "—", " - ", "\u200b"])


@given(mobiles | landlines, st.sampled_from(["", "+86", "0086", "86", "+86 0", "sip:", "(+86)"]), separators, st.booleans())
def test_any_dress_is_the_same_person(digits: str, prefix: str, separator: str, wide: bool) -> None:
    bare = digits.removeprefix("0")
    form = prefix + separator.join([bare[:3], bare[3:7], bare[7:]]) if "86" in prefix else prefix + separator.join([digits[:4], digits[4:]])
    if wide and prefix != "sip:":
        form = form.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})
    assert candidates(form, S)[:1] == ["+86" + bare]


@given(mobiles | landlines)
def test_a_mask_hides_four_digits(digits: str) -> None:
    hidden = mask("+86" + digits.removeprefix("0"))
    assert hidden.count("*") == 4
    assert digits not in hidden.replace("-", "")
