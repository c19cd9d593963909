"""Normal forms of personal data: one function per rule, from text to what is hashed, or to None when it has none.

The rules are those of the `user_data` fields in Pinterest's OpenAPI description 5.23. Where it is silent (trimming,
composed letters, impossible values), the strictest reading is taken: what cannot be right is never hashed.
Each function gives its own results back unchanged.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from ._tables import countries, fold, regions, squeeze

LIMIT = 1_000
"""Characters: no name, address or id is longer, and nothing is done with text that is."""

PLACEHOLDERS = frozenset(
    {
        *("n/a", "n.a.", "n.a", "#n/a", "nan", "null", "(null)", "<null>", "none", "undefined", "[object object]"),
        *("unknown", "not set", "(not set)", "not available", "not provided"),
    }
)
"""What software and people write where a value is missing. No word stands here that many people are called by."""

PLACEHOLDERS_AND_NA = PLACEHOLDERS | {"na"}
"""The same where "NA" is nothing else: it is a Chinese and Korean name, the province of Naples, and Namibia."""

_NOT_DIGITS = bytes(code for code in range(128) if not chr(code).isdecimal())


def lower(text: str, placeholders: frozenset[str] = PLACEHOLDERS_AND_NA) -> str:
    """*text* trimmed, in lower case and composed; "" when there is nothing to hash in it."""
    if len(text) > LIMIT:
        return ""
    text = text.strip().lower()
    if not text.isascii():
        text = _composed(text.strip(_UNSEEN))
    return "" if text in placeholders else text


_UNSEEN = "\ufeff\u200b "
"""What copying from files and pages leaves around a text: a byte order mark, a space without width."""


def _composed(text: str) -> str:
    """*text* in Unicode's NFC form; "" when a lone surrogate keeps it from being UTF-8.

    "é" has two spellings that look the same, and which one arrives depends on the device; they must hash alike.
    """
    if text.isascii():  # most text: it is composed, and UTF-8 already
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return unicodedata.normalize("NFC", text)


def _unless(text: str, placeholders: frozenset[str] = PLACEHOLDERS_AND_NA) -> str | None:
    """*text*, or None when nothing is left of it, or a placeholder now that spaces and the like are gone."""
    return None if not text or text in placeholders else text


def says_something(text: str) -> bool:
    """Whether there is a letter or digit in *text*; a lone "-" or "?" stands for nothing."""
    return text.isalnum() or any(map(str.isalnum, text))


def _digits(text: str) -> str:
    """The decimal digits of *text*, those of other scripts as ASCII."""
    if text.isascii():
        return text.encode().translate(None, _NOT_DIGITS).decode()  # several times faster than on text
    return "".join([str(unicodedata.decimal(char)) for char in text if char.isdecimal()])


def email(text: str) -> str | None:
    """`em`: lower case. One "@" with something on both sides, and no space or control character anywhere."""
    text = lower(text)
    if text.count("@") != 1 or text[0] == "@" or text[-1] == "@" or " " in text or not text.isprintable():
        return None
    return text


_EXTENSION = re.compile(r"(?<=\d)\s*(?:[,;]?\s*(?:ext(?:ension|n)?\.?|x|#)\s*[:=]?\s*\d{1,7})$")


def phone(text: str) -> str | None:
    """`ph`: only digits, no leading zeros, no extension; an international number has at most 15 of them (ITU-T E.164)."""
    text = lower(text)
    digits = _digits(_EXTENSION.sub("", text) if "x" in text or "#" in text else text).lstrip("0")
    return digits if 5 <= len(digits) <= 15 else None


def name(text: str) -> str | None:
    """`fn`, `ln`: lower case, with one space where there are several."""
    text = lower(text, PLACEHOLDERS)
    return _unless(" ".join(text.split()), PLACEHOLDERS) if says_something(text) else None


def city(text: str) -> str | None:
    """`ct`: lower case without spaces, punctuation and symbols; letters, marks and digits of any script stay."""
    text = lower(text)
    if text.isascii():
        return _unless(squeeze(text))
    # Marks are vowels in Hindi or Thai: without them it would be another word.
    return _unless(_composed("".join([char for char in text if unicodedata.category(char)[0] in "LMN"])))


def region(text: str) -> str | None:
    """`st`: the code in lower case, also from a full name in the US, Canada and Australia; else without spaces."""
    text = lower(text, PLACEHOLDERS)
    code = regions().get(fold(text))
    if code or not says_something(text):
        return code
    return _unless(_composed("".join(text.split())), PLACEHOLDERS)


def postal_code(text: str) -> str | None:
    """`zp`: only digits; a code with letters (British, Canadian, Dutch) keeps them, without spaces and hyphens."""
    text = lower(text)
    digits = _digits(text)
    without_letters = text == text.upper() if text.isascii() else not any(map(str.isalpha, text))
    if not digits or without_letters:
        return digits or None
    return _composed("".join([char for char in text if not char.isspace() and unicodedata.category(char) != "Pd"]))


def country(text: str) -> str | None:
    """`country`: ISO 3166-1 alpha-2 in lower case, also from alpha-3 and English names."""
    return countries().get(fold(lower(text, PLACEHOLDERS)))


_GENDERS = {
    word: code
    for code, words in {
        "f": "f female w woman women girl feminine",
        "m": "m male man men boy masculine",
        "n": "n nb nonbinary enby x diverse neutral",
    }.items()
    for word in words.split()
}


def gender(text: str) -> str | None:
    """`ge`: f, m or n (non-binary), from the usual words."""
    return _GENDERS.get(fold(lower(text)))


_NUMBER = re.compile(r"(-?)(\d{8,17})(?:\.\d*)?")
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})(?:[t ]\d.*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[t ]\d.*)?")
_SECONDS = range(-2_208_988_800, 4_102_444_800)  # 1900 to 2099, counted from 1970


def birth_date(text: str) -> str | None:
    """`db`: year, month, day as YYYYMMDD, from ISO and other unambiguous dates, or epoch seconds or milliseconds.

    A time after the date has no effect: midnight in UTC may be the day before where the person lives.
    """
    if len(text) == 10 and text[4] == text[7] == "-" and (iso := _iso_date(text)):
        return iso
    text = lower(text)
    number = _NUMBER.fullmatch(text)
    found = _date_of_number(number[1], number[2]) if number else _date_of_parts(text)
    return found.isoformat().replace("-", "") if found else None


def _iso_date(text: str) -> str | None:
    """The common form, YYYY-MM-DD, without the detour over patterns."""
    try:
        year = date.fromisoformat(text).year
    except ValueError:
        return None
    return text.replace("-", "") if 1900 <= year <= 2099 else None


def _date_of_number(sign: str, digits: str) -> date | None:
    """YYYYMMDD or an epoch. Shorter numbers never come here: they may as well be a year or DDMMYY."""
    if len(digits) == 8 and not sign:
        return _date(digits[:4], digits[4:6], digits[6:])
    seconds = int(sign + digits)
    if seconds not in _SECONDS:
        seconds //= 1000
    return date(1970, 1, 1) + timedelta(seconds=seconds) if seconds in _SECONDS else None


def _date_of_parts(text: str) -> date | None:
    """A date with separators. With the year last, dots mean day first; else a part over 12 must tell which is the day."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(found[1], found[3], found[4])
    if not (found := _YEAR_LAST.fullmatch(text)):
        return None
    first, separator, second, year = found.groups()
    if separator == "." or int(first) > 12 or int(first) == int(second):
        return _date(year, second, first)
    return _date(year, first, second) if int(second) > 12 else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2099 else None


def external_id(text: str) -> str | None:
    """`external_id`: trimmed and no more, because only its owner knows whether case matters in it."""
    return _composed(text.strip()) if says_something(lower(text)) else None


def advertising_id(text: str) -> str | None:
    """`hashed_maids`: lower case. All zeros is what a phone sends whose owner forbids tracking: nobody's id."""
    text = lower(text)
    return text if says_something(text.replace("-", "").strip("0")) else None
