"""Reading with orjson and without it: the same values, the same verdicts, the same words."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination import _quick
from pinterest_destination._resources import mappings
from pinterest_destination.cli import _records
from pinterest_destination.errors import InputError

QUICK = _quick.quick()
ODD = [
    b'{"a": 1, "b": 2, "a": 3}',
    b'{"a": 9223372036854775807}',
    b'{"a": 9223372036854775808}',
    b'{"a": 18446744073709551616}',
    b'{"a": -9223372036854775809}',
    b'{"a": 123456789012345678901234567890}',
    b'{"a": 1e400, "b": -1e400, "c": 1.7976931348623159e308}',
    b'{"a": 1e-400, "b": -0.0, "c": -0, "d": 1E5, "e": 0.1e1, "f": 5e-324}',
    b'{"a": 0.10000000000000000555111512312578270211815834045410156250001}',
    b'{"a": NaN, "b": Infinity, "c": -Infinity}',
    rb'{"a": "\ud800", "b": "\udc00\ud800"}',
    rb'{"a": "\ud83d\ude00 \u0000 \/ \b"}',
    b'{"a": "\xff"}',
    b'{"a": "\xed\xa0\x80"}',
    b'{"a": "\xf4\x90\x80\x80"}',
    b'{"a": "\x01"}',
    b'{"a": "\x7f\xc2\x85\xe2\x80\xa8"}',
    b'{"a": 01}',
    b'{"a": 1.}',
    b'{"a": .5}',
    b"{'a': 1}",
    b'{"a": 1,}',
    b'{"a": 1} x',
    b"\xef\xbb\xbf{}",
    b"\x0c{}",
    b'{"a": ' + b"9" * 5000 + b"}",
    b"",
    b"[]",
    b"1",
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (499, 501, 900, 1000, 1030, 100_000)),
    *(b'{"a":' + b"[" * depth + b"]" * depth + b"}" for depth in (499, 500, 900, 1000, 1030, 100_000)),
]


def said(data):
    """What is read, types and order of keys included, or why nothing is."""
    try:
        return repr(_records.event(data))
    except InputError as error:
        return f"refused: {error}"


def alike(monkeypatch, data):
    """What is read with orjson, once it is proven to be what is read without."""
    with_it = said(data)
    with monkeypatch.context() as patch:
        patch.setattr(_records, "quick", lambda: _quick._left)
        assert said(data) == with_it
    return with_it


@pytest.mark.parametrize("data", ODD, ids=lambda data: data[:24].decode("latin-1"))
def test_odd_texts_mean_the_same(monkeypatch, data):
    """Long and infinite numbers, keys that stand there twice, half characters, what is no JSON, and depth."""
    alike(monkeypatch, data)


def test_a_long_number_keeps_its_digits(monkeypatch):
    """An id of more than 64 bits would be another one as a float."""
    assert alike(monkeypatch, b'{"order_id": 123456789012345678901234567890}') == "{'order_id': 123456789012345678901234567890}"


def test_usual_texts_are_read_by_orjson():
    """Or nothing would be gained."""
    assert QUICK(b'{"total": 12345678.90, "order_id": 9876543210}') == {"total": 12345678.9, "order_id": 9876543210}


numbers = st.integers() | st.integers(-(2**70), 2**70) | st.floats()
values = st.recursive(st.none() | st.booleans() | numbers | st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))
spelt = st.tuples(st.integers(0, 10**25), st.text("0123456789", max_size=30), st.sampled_from(["", "e", "E+", "e-"]), st.integers(0, 400)).map(
    lambda parts: f"{parts[0]}{'.' if parts[1] else ''}{parts[1]}{parts[2]}{parts[3] if parts[2] else ''}"
)


@pytest.mark.property
@given(st.dictionaries(st.text(), values), st.booleans())
def test_events_mean_the_same(event, ascii_only):
    """Whatever is in them, escaped or not."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        alike(monkeypatch, json.dumps(event, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@pytest.mark.property
@given(spelt)
def test_numbers_mean_the_same_to_the_last_bit(number):
    """However many digits they have."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        alike(monkeypatch, f'{{"a": {number}, "b": -{number}}}'.encode())


@pytest.mark.property
@given(st.binary(max_size=40) | st.text('{}[]",:\\u0d8Ee+-.1 \n', max_size=40).map(str.encode))
def test_what_is_no_json_is_refused_alike(data):
    """Or read alike, should it be some."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        alike(monkeypatch, data)


def test_documents_mean_the_same(monkeypatch):
    """Those that ship, which people have written by hand."""
    for name in ("pinterest.json", "specs/ecommerce.json", "channels/pintrk.json"):
        assert alike(monkeypatch, (mappings() / name).read_bytes()).startswith("{")


def test_without_orjson_all_is_left_to_the_standard_library(monkeypatch):
    """The extra makes it faster, and nothing else."""
    monkeypatch.setitem(sys.modules, "orjson", None)
    _quick.quick.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"^$"):
            _quick.quick()(b"{}")
        assert said(b'{"a": 1}') == "{'a': 1}"
    finally:
        _quick.quick.cache_clear()
