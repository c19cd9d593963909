"""Transforms."""

import json
import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.identity import digest
from pinterest_destination.rules import transforms
from pinterest_destination.rules.transforms import OUTPUTS, TRANSFORMS, transform
from pinterest_destination.rules.values import number, number_text

WORDS = (("web", ()), ("app_ios", ("iPhone OS",)))
ARGUMENTS: dict[str, Any] = {"choice": {"of": WORDS}, "url_parameter": {"of": (("epik", ()),)}, "cookie": {"of": (("_epik", ()),)}}
HOSTILE = [None, True, False, 0, -1, 10**5000, math.nan, math.inf, "", " ", "\ud800", "x" * 100_000, [], {}, [[]], {"a": 1}, b"x", object()]
GOOD: dict[str, list[tuple[Any, Any]]] = {
    "any": [({"a": 1}, {"a": 1})],
    "text": [("a", "a"), (5, "5"), (10.0, "10"), (0.1, "0.1"), (1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (-0.0, "0"), ("é", "é")],
    "decimal": [("35.00", "35.00"), (" 7 ", "7"), (54.99, "54.99"), (10.0, "10"), (3, "3"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"), (-2.5, "-2.5"), (2e6, "2000000")],
    "integer": [(2, 2), ("2", 2), (2.0, 2), ("2.00", 2), (0, 0)],
    "boolean": [(True, True), ("False", False), ("yes", True), (1, True), (0.0, False)],
    "negation": [(True, False), ("0", True)],
    "timestamp": [
        ("2023-11-14T22:13:20Z", 1700000000),
        ("2023-11-15T00:13:20+02:00", 1700000000),
        ("2023-11-14T22:13:20.999", 1700000000),
        (1700000000, 1700000000),
        (1700000000123, 1700000000),
        ("1700000000", 1700000000),
        (" 1700000000123 ", 1700000000),
        (1700000000.9, 1700000000),
        (datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc), 1700000000),  # noqa: UP017  # the alias would be longer to read
        (datetime(2023, 11, 15, 0, 13, 20, tzinfo=timezone(timedelta(hours=2))), 1700000000),
    ],
    "microseconds": [(1700000000123456, 1700000000), ("1700000000123456", 1700000000), (1.7e15, 1700000000)],
    "texts": [("a", ["a"]), (["a", 5], ["a", "5"])],
    "object": [({"a": "x", "b": 1.5, "c": True, "d": None, "e": "", "f": {"g": 1}, "h": [1]}, {"a": "x", "b": 1.5, "c": True})],
    "url": [("https://shop.example.com/a?b=c", "https://shop.example.com/a?b=c")],
    "ip": [("203.0.113.7", "203.0.113.7"), (" 2001:db8::1 ", "2001:db8::1")],
    "language": [("en-US", "en"), ("DE", "de"), ("pt_BR.UTF-8", "pt")],
    "currency": [("USD", "USD"), (" usd ", "USD")],
    "custom": [(True, True), (1.5, 1.5), ("a", "a"), (0, 0)],
    "custom_text": [(True, "true"), (1e21, "1" + "0" * 21), ("a", "a")],
    "custom_number": [("2.50", 2.5), (3, 3)],
    "custom_digest": [("203.0.113.7", digest("203.0.113.7"))],
    "custom_json": [({"a": [1, "é"]}, '{"a":[1,"é"]}')],
    "choice": [("WEB", "web"), ("app-ios", "app_ios"), ("iphone os", "app_ios")],
    "url_parameter": [("https://shop.example.com/?a=1&epik=dj0x", "dj0x")],
    "cookie": [('a=1; _epik="dj0x"', "dj0x")],
    "em": [("Jane@Example.com", [digest("jane@example.com")])],
}
BAD: dict[str, list[Any]] = {
    "text": [True, {"a": 1}, ["a"], "x" * 10_001, "\ud800", math.nan, 10**5000],
    "decimal": ["free", "$5", "1,000", True, math.inf, "9" * 41, "1e99", {"a": 1}, "٣"],
    "integer": [2.5, -1, "-1", "2.01", 2**63, "x", True],
    "boolean": ["maybe", 2, [True]],
    "timestamp": ["yesterday", 0, -5, 10**15, "9999-99-99", math.nan, True, {"a": 1}, "0001-01-01", "x" * 70],
    "microseconds": ["2023-11-14", 1700000000.5, -1, 5, 10**18, True],
    "texts": [True, {"a": 1}],
    "object": ["text", 5, ["a"], {"a@b.example": 1}],
    "url": ["/path", "ftp://shop.example.com", "https://", "http://[", 5, "https://shop.example.com/" + "x" * 10_001],
    "ip": ["300.1.1.1", "localhost", 5, "x" * 65, "1\x002"],
    "language": ["english", "e", 5, "x" * 65],
    "currency": ["dollars", "ZZZ", 5, "x" * 17],
    "custom": [{"a": 1}, ["a"], math.nan],
    "custom_json": [{"a": math.nan}, {"a": "x" * 10_001}],
    "choice": ["kiosk", 5, "x" * 101],
    "em": ["nobody", True],
}


def of(name):
    """The transform of that name, with arguments where it needs some."""
    return transform(name, **ARGUMENTS.get(name, {}))


@pytest.mark.parametrize(("name", "raw", "value"), [pytest.param(name, *pair, id=f"{name}-{n}") for name, pairs in GOOD.items() for n, pair in enumerate(pairs)])
def test_a_transform_gives_the_value_that_is_sent(name, raw, value):
    """The fast way and the slow way give the same, and nothing is complained of."""
    assert json.dumps(of(name).apply(raw), default=str) == json.dumps(value, default=str)
    assert of(name).salvage(raw) == (value, ())


@pytest.mark.parametrize(("name", "raw"), [pytest.param(name, raw, id=f"{name}-{n}") for name, raws in BAD.items() for n, raw in enumerate(raws)])
def test_a_transform_refuses_what_it_cannot_use_and_says_so(name, raw):
    """One complaint, with a known code, that does not repeat the value."""
    assert of(name).apply(raw) is None
    value, [(code, message)] = of(name).salvage(raw)
    assert value is None
    assert code in ("unusable_value", "invalid_currency", "unusable_match_key")
    assert "expected" in message
    assert len(message) < 150


@pytest.mark.parametrize("name", transforms.names())
@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_a_transform_never_raises(name, raw):
    """Neither way raises for anything that may stand in an event."""
    of(name).apply(raw)
    of(name).salvage(raw)


@pytest.mark.parametrize("name", sorted({*transforms.names()} - {"any"}))
@pytest.mark.parametrize("blank", [None, "", "  ", [], {}])
def test_a_blank_value_is_absent_not_wrong(name, blank):
    """It gives no value and no complaint."""
    assert of(name).salvage(blank) == (None, ())


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("text", "jane@example.com", digest("jane@example.com")),
        ("text", "50% for jane%40example.com", f"50% for {digest('jane@example.com')}"),
        ("custom", "Jane@Example.com", digest("jane@example.com")),
        ("custom_text", "jane@example.com", digest("jane@example.com")),
        ("custom_json", {"to": "jane@example.com"}, f'{{"to":"{digest("jane@example.com")}"}}'),
        ("url", "https://shop.example.com/?mail=jane%40example.com", f"https://shop.example.com/?mail={digest('jane@example.com')}"),
    ],
)
def test_an_address_in_text_is_replaced_by_its_digest_and_told(name, raw, value):
    """Text that is not meant for personal data never carries an e-mail address in clear."""
    assert of(name).apply(raw) is None
    found, [(code, _)] = of(name).salvage(raw)
    assert (found, code) == (value, "hashed_personal_data")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("https://jane:secret@shop.example.com/a#top", "https://shop.example.com/a"),
        ("HTTPS://shop.example.com/münchen", "HTTPS://shop.example.com/münchen"),
        ("https://shop.example.com/@jane?x=1#y", "https://shop.example.com/@jane?x=1"),
    ],
)
def test_a_url_loses_credentials_and_fragment(raw, clean):
    """The rest stays as it is."""
    value, complaints = of("url").salvage(raw)
    assert value.lower() == clean.lower()
    assert not complaints


@pytest.mark.parametrize(("name", "raw"), [("url_parameter", "https://shop.example.com/?epik="), ("url_parameter", 5), ("url_parameter", "http://[?epik=1"), ("cookie", "a=1"), ("cookie", 5)])
def test_a_quiet_transform_says_nothing(name, raw):
    """What it does not find is not there."""
    assert of(name).salvage(raw) == (None, ())


def test_text_and_integers_can_have_a_limit():
    """Longer text and greater numbers are refused with the limit named."""
    short, small = transform("text", limit=3), transform("integer", limit=9)

    assert short.apply("abc") == "abc"
    assert short.salvage("abcd") == (None, (("unusable_value", "expected text of at most 3 characters"),))
    assert short.salvage("%") == ("%", ())
    assert (small.apply(9), small.apply(10)) == (9, None)


def test_match_keys_say_which_values_are_in_clear_when_only_digests_may_pass():
    """One complaint of a kind, however many values."""
    hashed = transform("em", hashed_only=True)

    assert hashed.salvage(["jane@example.com", "joe@example.com", digest("x")]) == (
        [digest("x")],
        (("clear_match_key", "expected a SHA-256 digest, found a value in clear"),),
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_reads_back_as_the_same_number(raw):
    """Its text has no exponent and loses nothing."""
    written = number_text(raw)
    if written is None:
        assert abs(raw) >= 10**40
    else:
        assert float(written) == raw
        assert "e" not in written


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_a_decimal_text_keeps_its_digits_and_its_number(price):
    """ "35.00" stays "35.00" for the API and is 35 for the tag."""
    assert TRANSFORMS["decimal"].apply(str(price)) == str(price)
    assert float(number(str(price))) == float(price)


def test_ways_of_writing_cannot_fail_on_what_transforms_give():
    """They only change the form."""
    assert OUTPUTS["first"](["a", "b"]) == "a"
    assert json.dumps([number("35.00"), number("0.10"), number("7")]) == "[35, 0.1, 7]"


def test_an_unknown_transform_is_no_transform():
    """The plan tells which rule names it."""
    with pytest.raises(KeyError):
        transform("upper")


@pytest.mark.parametrize(
    ("name", "raw", "value", "complaints"),
    [
        ("texts", "p-1", ["p-1"], 0),
        ("texts", ["p-1", 1002, 2.0], ["p-1", "1002", "2"], 0),
        ("texts", ["p-1", "", None, {}, True], ["p-1"], 1),
        ("texts", [[]], None, 0),
        ("texts", {"a": 1}, None, 1),
        ("languages", "pt-BR", ["pt"], 0),
        ("languages", ["en", "EN-us", "de"], ["en", "de"], 0),
        ("languages", ["en", "English", ""], ["en"], 1),
        ("languages", 5, None, 1),
        ("languages", [], None, 0),
    ],
)
def test_a_list_is_made_of_one_value_or_of_many(name, raw, value, complaints):
    """What cannot be used is left out with one complaint; what is blank without."""
    found, told = transforms.transform(name).salvage(raw)

    assert found == value
    assert len(told) == complaints


def test_a_device_has_at_most_a_hundred_languages():
    """Pinterest's limit."""
    words = [f"{a}{b}" for a in "abcdefghijkl" for b in "abcdefghijkl"]

    assert transforms.transform("languages").apply(words) == words[:100]


def test_a_list_of_texts_keeps_what_can_be_used():
    """The rest is told once, an address in it is replaced; the thousand and first is left out."""
    salvaged, complaints = transform("texts").salvage(["a", "", True, False, "to ann@example.com"])

    assert salvaged == ["a", f"to {digest('ann@example.com')}"]
    assert [code for code, _ in complaints] == ["unusable_value", "hashed_personal_data"]
    assert transform("texts").salvage(["a"] * 1001)[0] == ["a"] * 1000
    assert transform("texts").salvage(["a"] * 1001)[1] == (("unusable_value", "expected at most 1000 values"),)


def test_an_object_keeps_what_can_be_sent():
    """Personal names have digests, addresses in texts too; names that are none, and what is too much, are told."""
    hiding = transform("object", of=(("phone", ()), ("firstname", ())))
    salvaged, complaints = hiding.salvage({"step": "quiz", "Phone": "+14155550100", "first-name": True, "note": "to ann@example.com", "a@b.example": 1, 5: 2, "nan": math.nan})

    assert salvaged == {"step": "quiz", "Phone": digest("+14155550100"), "note": f"to {digest('ann@example.com')}"}
    assert {code for code, _ in complaints} == {"unusable_value", "hashed_personal_data"}
    assert hiding.salvage({"a": {"b": 1}}) == (None, ())
    assert hiding.salvage({f"n{n}": n for n in range(101)})[0] == {f"n{n}": n for n in range(100)}


def test_a_prefix_stands_before_the_text():
    """Also of what had to be salvaged; where there is no text, there is no prefix."""
    prefixed = transform("text", prefix="checkout_")

    assert prefixed.apply("o-1") == "checkout_o-1"
    assert prefixed.apply("ann@example.com") is None
    assert prefixed.salvage("ann@example.com")[0] == f"checkout_{digest('ann@example.com')}"
    assert prefixed.salvage([])[0] is None
    assert prefixed.salvage({"a": 1}) == (None, (("unusable_value", "expected text, found an object"),))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        *((raw, "one that is too large, or has too many digits") for raw in ("1e400", " -1E+400 ", "1e-400", "9" * 41, 10**40, float("inf"), Decimal("1e400"))),
        (float("nan"), "a number"),
        (Decimal("sNaN"), "a Decimal"),
        *((raw, "other text") for raw in ("ten", "1e", "nan", "0x10")),
        (True, "a boolean"),
        ([1], "a list"),
    ],
)
def test_a_number_that_cannot_be_written_out_is_told_as_one(raw, found):
    """And nothing else is."""
    assert transform("decimal").salvage(raw) == (None, (("unusable_value", f"expected a decimal number, found {found}"),))
