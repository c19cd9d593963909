"""SIGKILL at random moments of `send`: after it was started again, every event counts once, and none is lost.

PINTEREST_KILL_ROUNDS says how many rounds (`make kill`: 50).
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from pinterest_destination.delivery.outbox import Outbox
from pinterest_destination.delivery.rows import Filter
from pinterest_destination.delivery.sandbox import TOKEN, Sandbox

from .conftest import ACCOUNT

EVENTS = 5000
ROUNDS = int(os.environ.get("PINTEREST_KILL_ROUNDS", "5"))
KILLS = 3
"""Kills in each round, before it may run to its end."""


def an_order(number):
    """One order; every twentieth happened offline, where Pinterest recognises no repeat."""
    offline = number % 20 == 0
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "timestamp": time.time() - 60,
        "channel": "server" if offline else "web",
        "context": {"traits": {"email": f"customer{number}@example.com"}},
        "properties": {"order_id": f"o-{number}", "value": number, "currency": "USD"},
    }


class Killer:
    """Kills a process: some time after its start, or while the sandbox has its request and has not answered yet."""

    def __init__(self):
        self.process = None
        self.requests_left = None

    def __call__(self, exchange, received):
        """Watch the sandbox's requests."""
        if self.requests_left is not None:
            self.requests_left -= 1
            if self.requests_left <= 0:
                self.kill()

    def kill(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    def watch(self, process, rng):
        """Choose the moment of death for *process*, and wait for it or for its end."""
        by_request = rng.random() < 0.6
        self.requests_left = rng.randint(1, 5) if by_request else None
        self.process = process
        timer = threading.Timer(rng.uniform(0.2, 3.0), self.kill)
        if not by_request:
            timer.start()
        process.wait(120)
        timer.cancel()
        self.process = None


@pytest.fixture
def start(tmp_path):
    """Start `send` on the events, with its output thrown away."""
    with (tmp_path / "events.jsonl").open("w") as file:
        for number in range(EVENTS):
            print(json.dumps(an_order(number)), file=file)

    def start(url):
        settings = {"ad_account_id": ACCOUNT, "conversion_token": TOKEN, "delivery": {"base_url": url, "max_batch_bytes": 200_000}}
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        command = [sys.executable, "-m", "pinterest_destination", "send", "events.jsonl", "-s", "settings.json", "--outbox", "outbox.sqlite3"]
        return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    return start


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_event_counts_once_however_often_send_is_killed(start, tmp_path, seed):
    """Online events exactly once after Pinterest's deduplication; offline ones at most once, the doubtful ones as unknown."""
    rng = random.Random(seed)  # noqa: S311  # for moments, not for secrets
    killer = Killer()
    with Sandbox(observer=killer) as sandbox:
        for _ in range(KILLS):
            with start(sandbox.url) as process:
                killer.watch(process, rng)
        killer.requests_left = None
        with start(sandbox.url) as process:
            _, told = process.communicate(timeout=300)
        accepted = Counter(event["event_id"] for event in sandbox.accepted)

    with Outbox(tmp_path / "outbox.sqlite3", create=False) as outbox:
        counts = outbox.counts()
        unknown = {row.event_id for row in outbox.rows(Filter(states=("unknown",)))}
    offline = {f"m-{number}" for number in range(0, EVENTS, 20)}
    wanted = {f"m-{number}" for number in range(EVENTS)}
    assert process.returncode == 0 or unknown, told
    assert not unknown or b"for a person" in told
    assert sum(counts.values()) == EVENTS
    assert counts["waiting"] == counts["sending"] == counts["rejected"] == counts["expired"] == 0
    assert unknown <= offline
    assert {key: number for key, number in accepted.items() if number != 1} == {}
    assert wanted - accepted.keys() <= unknown
    assert Path(tmp_path / "outbox.sqlite3").stat().st_mode & 0o077 == 0
