"""The benchmark of HTTP runs and reports all that it should; how long anything takes is no matter of tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "serve.py"
ROWS = ["process(), in this process", "transform, to CAPI, in this process", "HTTP, processor", "HTTP, router", "HTTP, POST /v1/transform"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the worker is a process of its own")
def test_it_measures_what_it_promises(tmp_path):
    """As a table and as JSON, with the target that HTTP keeps half of the rate."""
    environment = {**os.environ, "BENCH_EVENTS": "100"}
    command = [sys.executable, str(PROGRAM), "--repeat", "1", "--json", str(tmp_path / "serve.json")]
    table = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    report = json.loads((tmp_path / "serve.json").read_text("utf-8"))

    assert [row["name"] for row in report["rows"]] == ROWS
    assert [row["target"] for row in report["rows"] if row["target"]] == [">= 0.5 x process()"]
    assert [name for name in (*ROWS, "serve, from its start to GET /health") if name not in table] == []
    assert report["events"] == 100
    assert report["started"] > 0
