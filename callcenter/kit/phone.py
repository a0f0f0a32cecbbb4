"""Telephone numbers as they come from trunks, forms and people, brought to one form.

Two readings exist of what a trunk sends: the number itself, and the number behind a private exchange's access digit ("9" before 0710…).
The first always wins; `candidates` gives both, in that order, for a look-up. Number plan: Google's libphonenumber (package phonenumbers);
short codes (110, 12349, 95588, 400…) are not in it and are read here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from callcenter.settings import Settings


class NumberKind(StrEnum):
    E164 = "e164"
    SHORT = "short"  # 110, 12349, 95588, 4001234567: dialled as they are, from inside the country only
    OTHER = "other"  # digits of no number plan: an extension, a cut or forged caller id. Good as a key, never dialled
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Number:
    """`value` is "+867103456789", "12349", the bare digits, or "" when withheld: equal for every form of one number."""

    kind: NumberKind
    value: str

    @property
    def is_dialable(self) -> bool:
        return self.kind in (NumberKind.E164, NumberKind.SHORT)

    def __str__(self) -> str:
        return self.value


# police, fire, ambulance, traffic police, and what they are called elsewhere: a program never dials them
EMERGENCY_NUMBERS = frozenset({"110", "112", "119", "120", "122", "911", "999"})
WITHHELD = Number(NumberKind.WITHHELD, "")

_MAX_RAW = 4096  # a SIP header may be long; what is longer is an attack
_MAX_DIGITS = 20  # E.164 has 15; an exit code and an access digit come before it
_WITHHELD_WORDS = frozenset(
    {"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "asserted", "未知", "匿名", "无号码", "<unknown>"}
)
_URI = re.compile(r"(?:sips?|tel):([^<>]*)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:转|分机|ext|extension|x|,+|p|w)\d{0,8}$", re.IGNORECASE)
_SERVICE_PREFIX = re.compile(r"^[*#]{1,2}\d{1,3}[*#]")  # *67*, #31#: the caller's own "withhold my number" and the like
# blanks, every dash, dots, slashes, brackets, quotes, and the invisible marks that come along when a number is copied from a web page
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212_./\\()\[\]{}\u00b7\u2022~'\"\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]+")
_MAX_WRITTEN = 256  # with its blanks and dashes
_MAX_TEXT = 64  # without them
_SHORT_CN = re.compile(r"^(?:1\d{2,6}|9[56]\d{3,6}|[48]00\d{7})$")  # no subscriber's local number begins with 1
_MOBILE_CN = re.compile(r"^1[3-9]\d{9}$")  # the plan of phonenumbers lags behind newly opened ranges


def normalise(raw: str | None, settings: Settings) -> Number | None:
    """Any written form → one Number; None when it is no telephone number at all. Never raises, whatever comes in."""
    readings = _readings(raw, settings)
    return readings[0] if readings else None


def candidates(raw: str | None, settings: Settings) -> list[str]:
    """The E.164 forms to look a caller up by: the exact reading first, then the one behind an access digit."""
    return [n.value for n in _readings(raw, settings) if n.kind is NumberKind.E164]


def dial_string(number: Number | str, settings: Settings) -> str:
    """What the trunk is given (settings.trunk_number_format). ValueError for what can't be dialled."""
    parsed = normalise(number, settings) if isinstance(number, str) else number
    if parsed is None or not parsed.is_dialable:
        raise ValueError("not a number that can be dialled")
    if parsed.kind is NumberKind.SHORT:
        return parsed.value
    if settings.trunk_number_format == "e164":
        return parsed.value
    if settings.trunk_number_format == "digits":
        return parsed.value[1:]
    home = f"+{phonenumbers.country_code_for_region(settings.country)}"
    if not parsed.value.startswith(home):
        return "00" + parsed.value[1:]
    rest = parsed.value[len(home) :]
    if settings.country != "CN":
        national = phonenumbers.format_number(phonenumbers.parse(parsed.value), PhoneNumberFormat.NATIONAL)
        return re.sub(r"\D", "", national)
    return rest if _MOBILE_CN.match(rest) else "0" + rest


def mask(number: Number | str | None) -> str:
    """For those who may not see it: 138****1234, 0710-345****. Short codes are public and stay."""
    value = _value(number)
    area, local = _split_cn(value)
    if area:
        return f"{area}-{local[:-4]}****"
    if value.startswith("+86") and _MOBILE_CN.match(value[3:]):
        return f"{value[3:6]}****{value[-4:]}"
    if not value.startswith("+") and _SHORT_CN.match(value):
        return value
    keep = max(0, min(4, len(value) - 4))
    return value[:keep] + "****" if value else ""


def pretty(number: Number | str | None) -> str:
    """As people write it: 138 1234 5678, 0710-345 6789; a foreign number in its international form."""
    value = _value(number)
    area, local = _split_cn(value)
    if area:
        return f"{area}-{local[:-4]} {local[-4:]}"
    if value.startswith("+86") and _MOBILE_CN.match(value[3:]):
        return f"{value[3:6]} {value[6:10]} {value[10:]}"
    if value.startswith("+"):
        try:
            return phonenumbers.format_number(phonenumbers.parse(value), PhoneNumberFormat.INTERNATIONAL)
        except NumberParseException:
            return value
    return value


def national(e164: str) -> str:
    """Digits as people of the country say them: 07103456789, 13812345678. Others keep their country code's digits."""
    if not e164.startswith("+86"):
        return e164.lstrip("+")
    rest = e164[3:]
    return rest if _MOBILE_CN.match(rest) else "0" + rest


def clean_digits(raw: str) -> str:
    """What is typed into a search field → ASCII digits only (full-width ones too), "" when it holds anything but digits and separators."""
    text = _SEPARATORS.sub("", _ascii_digits(raw[:_MAX_RAW])).lstrip("+")
    return text if re.fullmatch(r"[0-9]+", text) else ""


# --- reading ---------------------------------------------------------------------------------------------------------


def _readings(raw: str | None, settings: Settings) -> list[Number]:
    text = _user_part(raw)
    if text is None:
        return []
    if text.strip().lower() in _WITHHELD_WORDS:
        return [WITHHELD]
    text = _SEPARATORS.sub("", text)
    if len(text) > _MAX_TEXT:
        return []
    text = _EXTENSION.sub("", text)
    text = _SERVICE_PREFIX.sub("", text).rstrip("#")
    plus = text.startswith("+")
    digits = text.lstrip("+")
    if not re.fullmatch(r"[0-9]+", digits) or len(digits) > _MAX_DIGITS:
        return []
    found: list[Number] = []
    exact = _exact(digits, plus, settings)
    if exact:
        found.append(exact)
    if not plus or exact is None:
        behind = _behind_access_digit(digits, settings)
        if behind and behind not in found:
            found.append(behind)
    return found or [Number(NumberKind.OTHER, digits)]


def _user_part(raw: str | None) -> str | None:
    """The number inside a SIP or tel URI (or a whole From header), with ASCII digits."""
    if raw is None:
        return ""
    if len(raw) > _MAX_RAW:
        return None
    uri = _URI.search(raw)
    if uri:
        raw = unquote(uri.group(1).split("@", 1)[0])
    number = raw.split(";", 1)[0]
    return _ascii_digits(number) if len(number) <= _MAX_WRITTEN else None


def _ascii_digits(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)


def _exact(digits: str, plus: bool, settings: Settings) -> Number | None:
    if plus and not digits.startswith("0"):
        number = _international(digits, settings)
        if number:
            return number
    if digits.startswith("00"):
        return _international(digits.lstrip("0"), settings)
    number = _national(digits, settings)
    if number:
        return number
    code = str(phonenumbers.country_code_for_region(settings.country))
    if digits.startswith(code):  # 8607103456789, 867103456789: the plus sign was lost
        return _international(digits, settings)
    return None


def _international(digits: str, settings: Settings) -> Number | None:
    """Digits that begin with a country code; a trunk zero kept behind ours (+860710…) is dropped."""
    code = str(phonenumbers.country_code_for_region(settings.country))
    if digits.startswith(code):
        return _national(digits[len(code) :], settings, local=False)
    return _valid("+" + digits)


def _national(digits: str, settings: Settings, *, local: bool = True) -> Number | None:
    """`local=False`: a country code stood before it, so an area code must be there."""
    if settings.country != "CN":
        return _national_elsewhere(digits, settings)
    if _SHORT_CN.match(digits):
        return Number(NumberKind.SHORT, digits)
    bare = digits.lstrip("0")
    if _MOBILE_CN.match(bare):
        return Number(NumberKind.E164, "+86" + bare)
    area = settings.home_area_code.lstrip("0")
    if (
        area
        and (digits != bare or not local)
        and bare.startswith(area)
        and _SHORT_CN.match(bare[len(area) :])
        and len(bare) <= len(area) + 5
    ):
        return Number(NumberKind.SHORT, bare[len(area) :])  # 0710 120 is the 120 of that city
    if local and area and len(digits) in (7, 8) and digits[0] not in "01":
        number = _valid("+86" + area + digits)  # before the national reading, which takes 710 1234 for a service number of Xiangyang
        if number:
            return number
    number = _valid("+86" + bare)
    if number and re.match(r"^[48]00\d{7}$", bare):
        return Number(NumberKind.SHORT, bare)
    if number:
        return number
    return None


def _national_elsewhere(digits: str, settings: Settings) -> Number | None:
    for form in (digits, settings.home_area_code + digits):
        try:
            parsed = phonenumbers.parse(form, settings.country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return Number(NumberKind.E164, phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
    return Number(NumberKind.SHORT, digits) if 3 <= len(digits) <= 6 and not digits.startswith("0") else None


def _behind_access_digit(digits: str, settings: Settings) -> Number | None:
    """Only whole numbers are believed behind an access digit: a short code behind it would make 9110 a call of the police."""
    for access in settings.trunk_access_digits:
        if digits.startswith(access) and len(digits) >= 8:
            number = _exact(digits[1:], False, settings)
            if number and number.kind is NumberKind.E164:
                return number
    return None


@lru_cache(maxsize=16_384)
def _valid(e164: str) -> Number | None:
    try:
        parsed = phonenumbers.parse(e164)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return Number(NumberKind.E164, phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def _value(number: Number | str | None) -> str:
    return number.value if isinstance(number, Number) else (number or "")


def _split_cn(value: str) -> tuple[str, str]:
    """+86 landline → ("0710", "3456789"); ("", "") for anything else. Area codes: 10 and 2x have two digits, all others three."""
    if not value.startswith("+86") or _MOBILE_CN.match(value[3:]) or len(value) < 12:
        return "", ""
    rest = value[3:]
    length = 2 if rest.startswith(("10", "2")) else 3
    return "0" + rest[:length], rest[length:]
