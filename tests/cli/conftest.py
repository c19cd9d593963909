"""What the tests of the command line share: an order, settings for it, and ways to run a command."""

import inspect
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click.testing
import pytest

import pinterest_destination
from pinterest_destination.cli.app import app

# SIGINT may be ignored where the tests run, as it is for a background job; a child would inherit that.
COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from pinterest_destination.cli import main; main()"
)


@pytest.fixture
def order():
    """An order of Ann's that is all good: no problem of any severity."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "context": {
            "ip": "203.0.113.7",
            "userAgent": "Examplebrowser/1.0",
            "traits": {"email": "ann@example.com", "phone": "+1 555 0100 199"},
            "page": {"url": "https://shop.example/thanks"},
        },
        "properties": {"order_id": "o-1", "value": 35, "currency": "USD"},
    }


@pytest.fixture
def write(tmp_path):
    """Write a file: text and bytes as they are, anything else as JSON; lists of events as JSON Lines for .jsonl."""

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, list) and name.endswith(".jsonl"):
            content = "".join(f"{json.dumps(event)}\n" for event in content)
        elif not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def settings(write):
    """A file with good settings."""
    return write("settings.json", {"tag_id": "2612345678901"})


@pytest.fixture
def run():
    """Run a command in this process; the result has exit_code, stdout, stderr."""
    older = "mix_stderr" in inspect.signature(click.testing.CliRunner).parameters  # click before 8.2
    separate: dict[str, Any] = {"mix_stderr": False} if older else {}

    def run(*arguments, stdin=None):
        runner = click.testing.CliRunner(**separate)
        return runner.invoke(app, [str(argument) for argument in arguments], input=stdin, catch_exceptions=False)

    return run


@pytest.fixture
def start():
    """Start a command as a process of its own; whatever is still running at the end of the test is killed."""
    started = []

    def start(*arguments, **options):
        home = Path(pinterest_destination.__file__).parents[1]
        environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        environment |= {"PYTHONPATH": str(home), "TERM": "xterm", "COLUMNS": "200"}
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment}
        streams["bufsize"] = 0  # or what is read ahead would be missing from communicate()
        command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
        process = subprocess.Popen(command, **{**streams, **options})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream and not stream.closed:
                stream.close()
        process.wait()
