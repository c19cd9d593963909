"""docs/hosts/http.md: its example gives what it shows, its snippets start the service, its tables are complete."""

import json
import os
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from pinterest_destination.cli.serve import serve
from pinterest_destination.hosts import _http_metrics as metrics
from pinterest_destination.hosts._http_body import Limits
from pinterest_destination.hosts.http import LABELS

from .http_service import running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hosts" / "http.md").read_text("utf-8")


def blocks(language):
    """The code blocks in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def options(command):
    """What click makes of a command line that starts the service."""
    return serve.make_context("serve", shlex.split(command.partition(" serve")[2])).params


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example uses curl")
def test_the_example_answers_what_the_page_shows(tmp_path, monkeypatch):
    """As it stands, but for the port."""
    monkeypatch.chdir(tmp_path)
    prepare, curl = blocks("sh")[1].splitlines(), blocks("sh")[2]
    subprocess.run(["/bin/sh", "-ec", "\n".join(prepare[:2])], check=True)
    with running(tmp_path / "log", settings_dir=options(prepare[2])["settings_dir"]) as service:
        command = curl.replace("http://127.0.0.1:9090", f"http://127.0.0.1:{service.port}")
        environment = {**os.environ, "no_proxy": "127.0.0.1"}
        done = subprocess.run(["/bin/sh", "-ec", command], capture_output=True, check=True, env=environment)

    assert json.loads(done.stdout) == json.loads(blocks("json")[0])


def test_the_unit_and_the_compose_file_start_the_service(tmp_path):
    """With options that there are, and more patience than the service itself has."""
    unit = ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(blocks("ini")[0])
    compose = dict(re.findall(r"^    (\w+): (.+)$", blocks("yaml")[0], re.MULTILINE))
    started = options(unit["Service"]["ExecStart"].replace("/etc/pinterest", str(tmp_path)))
    composed = options(compose["command"].rstrip('"'))

    assert started["settings_dir"] == tmp_path
    assert composed["host"] == "0.0.0.0"  # noqa: S104
    assert json.loads(compose["expose"]) == [str(composed["port"]), str(composed["metrics_port"])]
    assert int(unit["Service"]["TimeoutStopSec"]) > started["grace"]
    assert int(compose["stop_grace_period"].removesuffix("s")) > composed["grace"]


def test_every_option_and_limit_is_on_the_page():
    """With its default."""
    given = options("pinterest-destination serve")
    limits = Limits()

    assert [param.opts[0] for param in serve.params if f"`{param.opts[0]}`" not in PAGE] == []
    assert (given["max_body"], given["max_inflated"], given["max_depth"], given["max_events"]) == (limits.body // 2**20, limits.inflated // 2**20, limits.depth, limits.events)
    for words in (f"{limits.body // 2**20} MiB", f"{limits.inflated // 2**20} MiB", f"{limits.events:,}", f"| {limits.seconds:g} |", f"{limits.waiting // 2**20} MiB", f"`--cache` | {given['cache']}"):
        assert words in PAGE


def test_every_metric_is_on_the_page():
    """With its labels, and nothing that is none."""
    rows = dict(re.findall(r"^\| `(pinterest_\w+)` \| (.*?) ?\|", PAGE, re.MULTILINE))
    families = [family for family in metrics.Board(LABELS, 1).families if family.help]
    labels = {family.name.removesuffix("_bucket"): ", ".join(f"`{name}`" for name in family.labels if name != "le") for family in families}

    assert rows == labels


def test_the_line_of_the_log_is_one(tmp_path):
    """With the same keys, in the same order."""
    with running(tmp_path / "log") as service:
        service.post("/v1/transform", {"settings": {}, "events": []})
        (line,) = service.lines()

    assert list(line) == list(json.loads(blocks("json")[2]))


def test_every_link_leads_somewhere():
    """To other pages."""
    for link in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / "hosts" / link).exists(), link
