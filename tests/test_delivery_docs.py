"""docs/delivery.md and the README's part on delivery: their code delivers, their commands work, their tables are complete."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

from pinterest_destination.delivery.result import Status
from pinterest_destination.delivery.sandbox import TOKEN, Sandbox

ROOT = Path(__file__).parents[1]
PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "docs/delivery.md")}


def blocks(text, language):
    """The code blocks in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def deliveries():
    """Each example in Python that delivers."""
    return [(name, block) for name, text in PAGES.items() for block in blocks(text, "python") if "Delivery(" in block]


def commands():
    """Each command of the page that is not shown for its own sake elsewhere."""
    lines = [line.partition("#")[0].strip() for block in blocks(PAGES["docs/delivery.md"], "sh") for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with settings that deliver to a sandbox, and events."""
    event = {"type": "track", "event": "Order Completed", "timestamp": time.time(), "context": {"traits": {"email": "ann@example.com"}}, "properties": {"value": 5, "currency": "USD"}}
    events = [{**event, "messageId": f"m-{number}"} for number in range(7)]
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        settings = {"ad_account_id": "549755885175", "conversion_token": TOKEN, "delivery": {"base_url": sandbox.url}}
        Path("settings.json").write_text(json.dumps(settings))
        Path("events.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in events))
        yield events, sandbox


@pytest.mark.parametrize(("name", "code"), deliveries(), ids=lambda part: part if part in PAGES else "")
def test_an_example_delivers_every_event(shop, name, code):
    """As it stands, in a folder with settings.json, and with a list of events."""
    events, sandbox = shop

    exec(code, {"events": events})  # noqa: S102  # our own text

    assert len(sandbox.accepted) == len(events)


def test_the_commands_of_the_page_work_one_after_the_other(shop):
    """From the check of the token to a look into the outbox."""
    events, sandbox = shop
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    for command in commands():
        words = [sys.executable, "-m", *shlex.split(command.replace("pinterest-destination", "pinterest_destination", 1))]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip()

    assert len(commands()) >= 4
    assert len(sandbox.accepted) == len(events)


def test_every_status_has_its_row():
    """The table of outcomes lists what there is, and nothing else."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGES["docs/delivery.md"], re.MULTILINE)

    assert sorted(rows) == sorted(get_args(Status))
