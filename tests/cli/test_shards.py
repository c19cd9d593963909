"""Shards: however a file is cut, and into whatever pieces it is read, what comes of it is what one process makes of the whole."""

import io
import itertools
import json
import tempfile
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinterest_destination import Destination
from pinterest_destination.cli._input import Input, lines_within
from pinterest_destination.cli._interrupt import Interrupt
from pinterest_destination.cli._shards import Shard, cut
from pinterest_destination.cli._spread import Job, Pass
from pinterest_destination.cli._stream import CHUNK
from pinterest_destination.cli._summary import Summary
from pinterest_destination.errors import Problem

DESTINATION = Destination({"tag_id": "2612345678901"}, clock=lambda: 1768478400.0)
PIECE = io.DEFAULT_BUFFER_SIZE
BOM = b"\xef\xbb\xbf"
ORDER = json.dumps({"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z"}).encode()
LINES = st.sampled_from([b"", b" ", b"{}", b'{"type": "group"}', ORDER, b"nope", b"  nope", b"[1]", b"{", BOM, BOM + b"{}", b"\xff", b"x" * 300])
ENDS = st.sampled_from([b"\n", b"\r\n", b"\n\n"])
FILES = st.builds(
    lambda rows, last: b"".join(itertools.chain(*rows)) + last,
    st.lists(st.tuples(LINES, ENDS), max_size=12),
    LINES,
)


def pieces(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.property
@given(FILES | st.binary(max_size=60), st.integers(1, 80), st.integers(1, 400), st.integers(0, 9), st.integers(0, 9))
@example(b"a\nb\n", 1, 2, 0, 0)
@example(b"a\nb\n", 4, 4, 0, 0)
@example(b"\n\n\n", 1, 1, 0, 0)
@example(b"", 1, 1, 0, 0)
def test_shards_are_the_file_without_gap_or_repetition(data, piece, size, start, before):
    """Each begins where the last one ended, with the right line, ends with a line, and is no longer than it must be."""
    shards = list(cut(pieces(data, piece), start, before, size))
    texts = [data[shard.start - start : shard.end - start] for shard in shards]

    assert b"".join(texts) == data
    assert [shard.start for shard in shards] == list(itertools.accumulate(map(len, texts[:-1]), initial=start))[: len(texts)]
    assert [shard.before for shard in shards] == list(itertools.accumulate((text.count(b"\n") for text in texts[:-1]), initial=before))[: len(texts)]
    assert [shard.ends for shard in shards] == [text.count(b"\n") for text in texts]
    assert all(text.endswith(b"\n") and len(text) >= size for text in texts[:-1])
    assert all(text.rfind(b"\n", 0, -1) < size for text in texts)
    assert all(texts)


def test_a_shard_cut_exactly_on_a_line_end_ends_there():
    """The line end that makes a shard long enough belongs to it, and the next one begins with a line."""
    assert list(cut([b"a\nb\nc"], 0, 0, 2)) == [Shard(0, 2, 0, 1), Shard(2, 4, 1, 1), Shard(4, 5, 2, 0)]
    assert list(cut([b"a\n", b"b\n"], 0, 0, 2)) == [Shard(0, 2, 0, 1), Shard(2, 4, 1, 1)]


def test_a_giant_line_is_one_shard():
    """A line longer than a shard is not cut."""
    assert list(cut(pieces(b"a\n" + b"x" * 1000 + b"\nb\n", 7), 0, 0, 10)) == [Shard(0, 1003, 0, 2), Shard(1003, 1005, 2, 1)]


def test_what_cannot_be_read_belongs_to_the_last_shard():
    """Whoever reads that shard meets the fault in its place."""

    def failing():
        yield b"a\nb"
        raise OSError(5, "Input/output error")

    assert list(cut(failing(), 0, 0, 2)) == [Shard(0, 2, 0, 1), Shard(2, 3 + CHUNK, 1, 0)]


def test_a_shard_is_told_by_its_bytes_and_lines():
    """In words that need no explanation."""
    assert str(Shard(1000, 2000, 41, 3)) == "bytes 1,000 to 2,000 (from line 42, 3 line ends)"


def whole(file, to):
    """What one process writes, notes and counts."""
    output, problems, summary = bytearray(), bytearray(), Summary()
    one_pass = Pass(DESTINATION, to, output.extend, problems.extend, lambda events: None, summary, lambda text: None)
    one_pass.alone(Input(file, 1), Interrupt())
    return output, problems, summary


def in_shards(file, first, to, size):
    """The same of shards, each on its own, put together."""
    output, problems, summary = bytearray(), bytearray(), Summary()
    job = Job(file.fileno(), DESTINATION, to, with_problems=True)
    file.seek(first[0])
    for shard in cut(pieces(file.read(), 50), first[0], first[1], size):
        for part in job(shard):
            output += part.output
            problems += part.problems
            summary.merge(part.summary)
    return output, problems, summary


@pytest.mark.property
@given(FILES, st.integers(1, 600), st.sampled_from(["both", "pintrk", "capi"]))
def test_shards_give_what_the_whole_file_gives(data, size, to):
    """Wherever it is cut: the same output, the same line numbers in it and in problems, the same summary."""
    with tempfile.TemporaryFile(buffering=CHUNK) as file:
        file.write(data)
        file.seek(0)
        first = Input(cast(io.BufferedReader, file), len(data)).first_line()
        if first is None:  # no records, or an array: one process
            assert not data.strip(BOM + b" \r\n") or data.removeprefix(BOM).lstrip()[:1] == b"["
            return

        assert file.tell() == 0
        expected = whole(file, to)
        assert in_shards(file, first, to, size) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"{}\n", (0, 0)),
        (BOM + b"{}\n", (0, 0)),
        (b"\n \n{}\n", (0, 0)),
        (b"\n" * PIECE + b"{}\n", (PIECE, PIECE)),
        (b"", None),
        (b"\n \n", None),
        (b" [{}]", None),
        (b"\x1f\x8b", None),
    ],
    ids=["lines", "BOM", "blank lines", "many blank lines", "nothing", "only blank", "array", "gzip"],
)
def test_only_json_lines_have_a_first_line(data, expected):
    """What is found is where one process begins to read lines; it is looked for without moving on."""
    file: Any = io.BufferedReader(io.BytesIO(data))

    assert Input(file, len(data)).first_line() == expected
    assert file.tell() == 0


def test_damage_within_a_shard_is_told_in_its_line(tmp_path):
    """A range that cannot be read any further ends with that problem, as a whole file does."""
    (tmp_path / "e").write_bytes(b"{}\n{}\n")
    with (tmp_path / "e").open("rb") as file:
        number = file.fileno()
        records = lines_within(number, 0, 6, 10)
        first = next(records)
    *_, last = records

    assert (first.number, last.number) == (11, 13)
    assert isinstance(last.content, Problem)
    assert "cannot be read any further" in last.content.message
