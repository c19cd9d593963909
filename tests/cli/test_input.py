"""Reading: JSON Lines and arrays, plain and zipped, broken in every way, in constant memory."""

import gzip
import hashlib
import io
import json
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.cli import _array, _input
from pinterest_destination.cli._input import Input, opened
from pinterest_destination.errors import Problem

BOM = b"\xef\xbb\xbf"
DEEP = "[" * 100_000
DIGITS = "9" * 5000
MEGABYTE = 1024 * 1024


class Pieces(io.RawIOBase):
    """A stream that comes in pieces, as they are asked for."""

    def __init__(self, pieces):
        self.pieces = iter(pieces)
        self.piece = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self.piece or next(self.pieces, b"")
        size = min(len(piece), len(buffer))
        buffer[:size], self.piece = piece[:size], piece[size:]
        return size


def records_of(pieces):
    return list(Input(io.BufferedReader(Pieces(pieces)), None).records())


def told_of(pieces):
    """The events, and in place of a broken one its number and why."""
    return [
        f"{record.unit} {record.number}: {record.content.message}" if isinstance(record.content, Problem) else record.content
        for record in records_of(pieces)
    ]


def told(*pieces):
    return told_of(pieces)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}\n{"a": 2}',
        b'{"a": 1}\r\n{"a": 2}\r\n',
        b'\n \t\n{"a": 1}\n\n{"a": 2}\n\n',
        BOM + b'{"a": 1}\n{"a": 2}\n',
        BOM + b'\n{"a": 1}\n' + BOM + b'{"a": 2}\n',
        b'[{"a": 1}, {"a": 2}]',
        b' \n [ {"a": 1}\n,\n{"a": 2} ] \n\n',
        BOM + b'[{"a": 1},{"a": 2}]\n',
    ],
    ids=["lines", "open end", "CRLF", "blank lines", "BOM", "BOMs", "array", "airy array", "BOM and array"],
)
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_the_same_events_come_from_every_form(text, zipped):
    """Lines and arrays, with BOMs, blanks and any line ends, plain and zipped, give the same events."""
    data = gzip.compress(text) if zipped else text

    assert told(data) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("text", [b"", b"\n \n", BOM, b"[]", b" [ ] \n"])
def test_an_input_without_events_has_no_records(text):
    """Nothing, blanks and an empty array are fine, and give nothing."""
    assert told(text) == []


def test_lines_count_with_the_blank_ones_and_indexes_from_zero():
    """A record's number is its line as an editor shows it, or its place in the array as jq has it."""
    assert [(r.unit, r.number) for r in records_of([b'\n{}\n\n{"a": 1}\n'])] == [("line", 2), ("line", 4)]
    assert [(r.unit, r.number) for r in records_of([b"[{}, {}]"])] == [("index", 0), ("index", 1)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"ann@example.com", "not JSON at column 1: Expecting value"),
        (b'{"email": "ann@example.com"', "not JSON at column 28: Expecting ',' delimiter"),
        (b'{} {"email": "ann@example.com"}', "not JSON at column 4: Extra data"),
        (b"{", "not JSON at column 2: Expecting property name enclosed in double quotes; an event must stand on one line"),
        (b'["ann@example.com"]', "a list, but an event is a JSON object"),
        (b'"ann@example.com"', "text, but an event is a JSON object"),
        (b"5550100", "a number, but an event is a JSON object"),
        (b"0.5", "a number, but an event is a JSON object"),
        (b"true", "a boolean, but an event is a JSON object"),
        (b"null", "null, but an event is a JSON object"),
        (b'{"name": "Ann \xff"}', "not UTF-8 at byte 15"),
        (DEEP.encode(), "nested too deep"),
    ],
    ids=lambda value: value.decode("latin-1")[:30] if isinstance(value, bytes) else "",
)
def test_a_broken_line_is_told_without_its_content_and_the_rest_goes_on(line, why):
    """Whatever is wrong with a line, its neighbours are read, and no word of it is repeated."""
    before, broken, after = told(b'{"a": 1}\n' + line + b'\n{"a": 2}\n')

    assert (before, after) == ({"a": 1}, {"a": 2})
    assert broken == f"line 2: {why}"


def test_a_broken_record_is_a_documented_error():
    """What is no event has the code invalid_input, which refuses it."""
    (record,) = records_of([b"nope"])

    assert isinstance(record.content, Problem)
    assert (record.content.code, record.content.severity) == ("invalid_input", "error")


@pytest.mark.parametrize(
    ("array", "events"),
    [
        ('[{"a": 1}, nope, {}]', [{"a": 1}, "index 1: not JSON, or cut short: Expecting value"]),
        ('[{"a": 1}, {"a" 2}, {"a": 33333333333333}]', [{"a": 1}, "index 1: not JSON, or cut short: Expecting ':' delimiter"]),
        ('[{"a": 1}', [{"a": 1}, "index 1: the array has no end"]),
        ('[{"a": 1},', [{"a": 1}, "index 1: not JSON, or cut short: Expecting value"]),
        ('[{"a": 1}, {"a": "2', [{"a": 1}, "index 1: not JSON, or cut short: Unterminated string starting at"]),
        ('[{"a": 1} {"a": 2}]', [{"a": 1}, "index 1: not JSON: expecting ',' or ']'"]),
        ('[{"a": 1}] {}', [{"a": 1}, "index 1: not JSON: something stands after the end of the array"]),
        (f'[{{"a": 1}}, {DEEP}', [{"a": 1}, "index 1: nested too deep"]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_broken_array_gives_what_came_before_and_then_the_place(array, events):
    """After broken JSON there is no telling where the next element begins, so that is the end."""
    assert told(array.encode()) == [*events[:-1], f"{events[-1]}; the array cannot be read on from here"]


def test_an_element_that_is_no_event_does_not_end_the_array():
    """JSON of another kind and bytes that are no UTF-8 concern one element alone."""
    array = b'[1, "x", null, -1.5e3, true, ["y"], {"name": "Ann \xff"}, {"a": 1}]'

    *broken, last = told(array)

    assert last == {"a": 1}
    kinds = ["a number", "text", "null", "a number", "a boolean", "a list"]
    assert broken[:6] == [f"index {n}: {kind}, but an event is a JSON object" for n, kind in enumerate(kinds)]
    assert broken[6:] == ["index 6: not UTF-8"]


@pytest.mark.parametrize("layout", ["%s\n", "[%s]"])
def test_a_number_of_thousands_of_digits_costs_no_event(layout):
    """It is infinite, as 1e999 is, and so of no use to any field; everything else is read."""
    data = layout % f'{{"a": 1, "n": {DIGITS}, "m": [-{DIGITS}], "f": 2.5}}'

    assert told(data.encode()) == [{"a": 1, "n": float("inf"), "m": [float("-inf")], "f": 2.5}]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3) | values, max_size=5),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from([None, 1, 3]),
)
def test_an_array_may_come_in_pieces_of_any_size(array, size, ascii_only, indent):
    """Wherever the pieces of a stream are cut, the elements are those of the whole text."""
    text = json.dumps(array, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    text = text if b"\xed" not in text else json.dumps(array).encode()  # a lone surrogate is no UTF-8
    pieces = [text[start : start + size] for start in range(0, len(text), size)]

    found = [record.content for record in records_of(pieces)]

    assert [content for content in found if not isinstance(content, Problem)] == [e for e in array if isinstance(e, dict)]
    assert len(found) == len(array)


def test_a_line_of_ten_megabytes_is_one_event():
    """Long lines and elements are no problem, in lines as in arrays."""
    event = {"text": "x" * 10 * MEGABYTE}
    text = json.dumps(event).encode()
    pieces = [text[start : start + 8192] for start in range(0, len(text), 8192)]

    assert told(*pieces, b"\n", *pieces) == [event, event]
    assert told(b"[", *pieces, b",", *pieces, b"]") == [event, event]


def test_a_line_beyond_all_measure_is_left_out_and_the_rest_goes_on(monkeypatch):
    """What is longer than any event is not even kept in memory."""
    monkeypatch.setattr(_input, "MAX_BYTES", 200_000)
    pieces = [b"x" * 8192] * 40

    assert told(b"{}\n", *pieces, b"\n", b"{}\n") == [{}, "line 2: longer than 64 MiB", {}]
    assert told(b"{}\n", *pieces) == [{}, "line 2: longer than 64 MiB"]


def test_an_element_beyond_all_measure_ends_the_array(monkeypatch):
    """Where such an element would end cannot be known without reading it."""
    monkeypatch.setattr(_array, "MAX_BYTES", 200_000)
    pieces = [b"x" * 8192] * 80

    assert told(b'[{}, {"a": "', *pieces) == [{}, "index 1: longer than 64 MiB; the array cannot be read on from here"]


@pytest.mark.parametrize(("head", "comma", "tail"), [(b"", b"\n", b""), (b"[", b",", b"{}]")], ids=["lines", "array"])
def test_a_stream_is_read_in_constant_memory(head, comma, tail):
    """Fifty megabytes pass, and never more than a few elements are kept."""
    element = json.dumps({"text": "x" * 50_000}).encode() + comma
    pieces = (element[start : start + 8192] for _ in range(1000) for start in range(0, len(element), 8192))
    stream = Input(io.BufferedReader(Pieces(piece for part in ([head], pieces, [tail]) for piece in part if piece)), None)

    tracemalloc.start()
    count = sum(1 for _ in stream.records())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 1000 + bool(tail)
    assert peak < 2 * MEGABYTE


NOISE = [{"a": n, "noise": hashlib.sha256(b"%d" % n).hexdigest()} for n in range(5000)]  # hardly gets smaller
ZIPPED = gzip.compress("".join(f"{json.dumps(event)}\n" for event in NOISE).encode())
ZIPPED_ARRAY = gzip.compress(json.dumps(NOISE).encode())


@pytest.mark.parametrize("data", [ZIPPED, ZIPPED_ARRAY], ids=["lines", "array"])
@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda data: data[: len(data) // 2], "the gzip data ends in the middle"),
        (lambda data: data[:-4], "the gzip data ends in the middle"),
        (lambda data: data[:-8] + b"\0" * 8, "the gzip data is damaged"),
    ],
    ids=["half", "no trailer", "wrong checksum"],
)
def test_damaged_gzip_data_is_told_after_what_could_be_read(data, damage, why):
    """The events before the damage are delivered, then one problem says what happened."""
    *events, last = told(damage(data))

    assert events == NOISE[: len(events)]
    assert len(events) > 1000
    assert why in last
    assert last.startswith(f"index {len(events)}: " if data is ZIPPED_ARRAY else f"line {len(events) + 1}: ")


def test_gzip_data_that_is_none_is_told():
    """The first byte decides that it should be, since no JSON begins with it; what follows may be anything."""
    assert told(gzip.compress(b"{}")[:10] + b"\xff" * 100) == ["line 1: the gzip data is damaged"]
    assert told(b"\x1f{}") == ["line 1: the gzip data is damaged"]


def test_gzip_data_may_have_several_members():
    """Zipped files may be put together with cat."""
    assert told(gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n')) == [{"a": 1}, {"a": 2}]


def test_a_stream_that_fails_is_told_after_what_could_be_read():
    """A disk or a network that gives up is one problem, not a traceback."""

    def failing():
        yield b'{"a": 1}\n'
        raise OSError(5, "Input/output error")

    assert told_of(failing()) == [{"a": 1}, "line 2: the input cannot be read any further (Input/output error)"]


def test_an_event_is_given_as_soon_as_its_line_is_there():
    """Nothing is read ahead that has not come yet: events may trickle in."""
    asked = []

    def trickling():
        for n in range(3):
            asked.append(n)
            yield b'{"a": %d}\n' % n

    records = Input(io.BufferedReader(Pieces(trickling())), None).records()

    assert (next(records).content, asked) == ({"a": 0}, [0])
    assert (next(records).content, asked) == ({"a": 1}, [0, 1])


def test_a_file_tells_its_size_and_how_much_of_it_is_read(tmp_path):
    """The progress of a zipped file is that of its zipped bytes."""
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(ZIPPED)

    with opened(str(path)) as stream:
        assert (stream.size, stream.position()) == (len(ZIPPED), 0)
        assert len(list(stream.records())) == len(NOISE)
        assert stream.position() == len(ZIPPED)


def test_a_pipe_has_no_size(monkeypatch):
    """Standard input may be anything; what has no size has no progress."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))

    with opened("-") as stream:
        assert stream.size is None
        assert [record.content for record in stream.records()] == [{}]


def test_reading_from_a_terminal_says_so(monkeypatch, capsys):
    """Who forgot to name a file must not wonder why nothing happens."""
    terminal = io.TextIOWrapper(io.BufferedReader(Pieces([b"{}"])))
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", terminal)

    with opened("-") as stream:
        assert len(list(stream.records())) == 1
    assert "Reading from the terminal" in capsys.readouterr().err
