"""What `mappings/tables` says about countries and regions, ready to look up by any spelling of a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from ._resources import mappings, read_json

_LOWER = bytes(range(256)).lower()
_OTHERS = bytes(code for code in range(128) if not chr(code).isalnum())


def squeeze(text: str) -> str:
    """ASCII *text* in lower case, with nothing left but letters and digits."""
    return text.encode().translate(_LOWER, _OTHERS).decode()  # bytes: several times faster than on text


def fold(text: str) -> str:
    """*text* as names are compared: without case, accents, spaces and punctuation, and with "and" for "&".

    So that "Côte d'Ivoire" is "COTE DIVOIRE", and "Trinidad & Tobago" is "Trinidad and Tobago".
    """
    text = text.replace("&", "and")
    if text.isascii():
        return squeeze(text)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).lower()))


@cache
def countries() -> Mapping[str, str]:
    """Folded code or name of a country to its ISO 3166-1 alpha-2 code in lower case."""
    return _codes(read_json(mappings() / "tables" / "countries.json").items())


@cache
def regions() -> Mapping[str, str]:
    """Folded code or name of a state, province or territory to its code in lower case."""
    of_countries = read_json(mappings() / "tables" / "regions.json").values()
    return _codes(row for regions in of_countries for row in regions.items())


def _codes(rows: Iterable[tuple[str, list[str]]]) -> dict[str, str]:
    """Each code, and each of its names, to the code; all folded."""
    return {fold(name): code.lower() for code, names in rows for name in (code, *names)}
