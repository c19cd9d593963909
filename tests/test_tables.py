"""The tables that people edit have the form that the code relies on, and hold what they should."""

import json
import re

import pytest

from pinterest_destination._resources import mappings, read_json
from pinterest_destination._tables import countries, fold, regions, squeeze

TABLES = mappings() / "tables"
COUNTRIES = read_json(TABLES / "countries.json")
REGIONS = read_json(TABLES / "regions.json")
CURRENCIES = read_json(TABLES / "currencies.json")

US_STATES = {
    *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY"),
    *("LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY"),
    *("OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
}
US_OTHERS = {"DC", "AS", "GU", "MP", "PR", "UM", "VI", "AA", "AE", "AP"}


def names_of(table):
    return [(code, name) for code, names in table.items() for name in names]


def test_there_are_all_countries_of_iso_3166():
    """ISO 3166-1 lists 249 countries, each with an alpha-2 code and an alpha-3 code, which comes first."""
    assert len(COUNTRIES) == 249
    assert [code for code in COUNTRIES if not re.fullmatch("[A-Z]{2}", code)] == []
    assert [names[0] for names in COUNTRIES.values() if not re.fullmatch("[A-Z]{3}", names[0])] == []
    assert [code for code, names in COUNTRIES.items() if len(names) < 2] == []


def test_there_are_all_states_of_the_three_countries():
    """50 states, D.C., 6 territories and 3 military regions; 13 Canadian provinces; 8 Australian states."""
    assert set(REGIONS["US"]) == US_STATES | US_OTHERS
    assert len(US_STATES) == 50
    assert {code: len(table) for code, table in REGIONS.items()} == {"US": 60, "CA": 13, "AU": 8}
    assert all(re.fullmatch("[A-Z]{2,3}", code) for table in REGIONS.values() for code in table)
    assert all(names for table in REGIONS.values() for names in table.values())


def test_there_are_the_currencies_that_people_pay_with():
    """ISO 4217 without metals, units of account and test codes."""
    assert all(re.fullmatch("[A-Z]{3}", code) for code in CURRENCIES)
    assert {"USD", "EUR", "GBP", "JPY", "XOF", "XCD"} <= set(CURRENCIES)
    assert set(CURRENCIES).isdisjoint({"XXX", "XTS", "XAU", "XDR", "BTC", "HRK", "DEM"})  # "XXX" and "XTS" are codes of ISO 4217 as well: no currency, and a test
    assert 150 <= len(CURRENCIES) <= 180


@pytest.mark.parametrize("codes", [COUNTRIES, *REGIONS.values(), CURRENCIES])
def test_entries_are_sorted_and_stand_once(codes):
    """An entry is easy to find by its code, and written only once."""
    assert list(codes) == sorted(set(codes))


def test_no_name_stands_for_two_countries():
    """A name that two countries lay claim to would depend on the order of the file."""
    folded = [fold(name) for code, names in COUNTRIES.items() for name in (code, *names)]

    assert sorted(folded) == sorted(set(folded))
    assert "" not in folded


def test_no_name_stands_for_two_regions():
    """Names are distinct in all three countries; a code may be shared, as WA is, since it is sent without country."""
    folded = [fold(name) for table in REGIONS.values() for _, name in names_of(table)]
    codes = {fold(code) for table in REGIONS.values() for code in table}

    assert sorted(folded) == sorted(set(folded))
    assert codes.isdisjoint(folded)


@pytest.mark.parametrize(("code", "name"), names_of(COUNTRIES))
def test_each_name_of_a_country_is_found(code, name):
    """Every code and name in the table leads to its alpha-2 code."""
    assert countries()[fold(name)] == code.lower() == countries()[code.lower()]


@pytest.mark.parametrize(("code", "name"), [row for table in REGIONS.values() for row in names_of(table)])
def test_each_name_of_a_region_is_found(code, name):
    """Every code and name in the table leads to its code."""
    assert regions()[fold(name)] == code.lower() == regions()[code.lower()]


@pytest.mark.parametrize("name", ["countries", "regions", "currencies"])
def test_a_table_has_one_entry_per_line(name):
    """So that a change shows as the line it is about, and no key is written twice."""
    text = (TABLES / f"{name}.json").read_text(encoding="utf-8")
    pairs: list[str] = []

    json.loads(text, object_pairs_hook=lambda rows: pairs.extend(key for key, _ in rows))
    entries = [line for line in text.splitlines() if '"' in line]

    assert len(entries) == len(pairs or CURRENCIES)
    assert text.endswith("\n")
    assert "\\u" not in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Côte d'Ivoire", "COTE D\N{RIGHT SINGLE QUOTATION MARK}IVOIRE"),
        ("Trinidad and Tobago", "Trinidad & Tobago"),
        ("Québec", "Que\u0301bec"),
        ("U.S.A.", "usa"),
        ("Åland Islands", "aland-islands"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER U}\N{FULLWIDTH LATIN CAPITAL LETTER S}", "us"),
        (" ", ""),
    ],
)
def test_names_are_compared_by_their_letters_and_digits(one, other):
    """Case, accents, spaces, punctuation and width make no difference."""
    assert fold(one) == fold(other)


def test_squeeze_is_fold_for_plain_ascii():
    """The quick way for ASCII gives what the long way gives."""
    text = "".join(map(chr, range(128))).replace("&", "")

    assert squeeze(text) == fold(text) == "".join(filter(str.isalnum, text)).lower()
