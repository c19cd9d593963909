"""Counting instructions: a file of its own, as it takes minutes, which the other tests need not wait for."""

import json
import shutil

import pytest

from .test_benchmarks import ROWS, bench


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind on this system")
def test_instructions_are_counted(tmp_path):
    """For the work of transforming, the digests alone being the least."""
    done = bench("instructions", "--events", 1, "--json", tmp_path / "out.json")
    report = json.loads((tmp_path / "out.json").read_text("utf-8"))

    assert done.returncode == 0
    assert [row["name"] for row in report["rows"]] == [*list(ROWS["transform"])[:3], *list(ROWS["transform"])[4:5], *list(ROWS["transform"])[6:8]]
    assert all(row["minimum"] > 0 for row in report["rows"])
