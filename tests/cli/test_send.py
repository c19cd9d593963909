"""`send`: events in, delivered, resumable, with a final table; `check --live`: token and account, in plain words."""

import gzip
import json
import os
import re
import signal

import pytest

from pinterest_destination.delivery.outbox import Outbox
from pinterest_destination.delivery.sandbox import TOKEN, Fault, Sandbox

ACCOUNT = "549755885175"


@pytest.fixture
def sandbox():
    """A stand-in for Pinterest."""
    with Sandbox() as made:
        yield made


@pytest.fixture
def settings(write, sandbox):
    """Settings that deliver to the sandbox."""

    def make(name="settings.json", token=TOKEN, **more):
        return write(name, {"ad_account_id": ACCOUNT, "conversion_token": token, "delivery": {"base_url": sandbox.url}, **more})

    return make


@pytest.fixture
def orders(order):
    """Orders, each with an id of its own."""
    return lambda count, start=0: [{**order, "messageId": f"m-{number}"} for number in range(start, start + count)]


@pytest.fixture
def send(run, tmp_path, settings):
    """Run `send` with an outbox of the test's own."""
    path = settings()

    def send(*arguments, stdin=None, settings_file=path):
        return run("send", *arguments, "-s", settings_file, "--outbox", tmp_path / "outbox.sqlite3", stdin=stdin)

    return send


def table(result):
    """The numbers of the final table, by their words."""
    return {words.strip(): number for words, number in re.findall(r"^  ([a-z ]+?) {2,}([\d,]+)$", result.stdout, re.MULTILINE)}


def test_events_are_delivered_and_counted(send, write, orders, sandbox):
    """The table says what became of them; the exit code that all is well."""
    result = send(write("events.jsonl", orders(30)))

    assert result.exit_code == 0, result.stderr
    assert {key: value for key, value in table(result).items() if key != "events a second"} == {
        "delivered": "30", "with a warning": "0", "rejected": "0", "unknown": "0", "expired": "0", "waiting": "0",
    }  # fmt: skip
    assert len(sandbox.accepted) == 30
    assert "30 events read" in result.stderr


def test_a_second_run_goes_on_where_the_first_stopped(send, write, orders, sandbox):
    """What was read is skipped, what has grown is read, and with --again nothing counts twice all the same."""
    path = write("events.jsonl", orders(10))
    send(path)
    nothing = send(path)
    write("events.jsonl", orders(15))
    more = send(path)
    again = send(path, "--again")

    assert [exchange.events for exchange in sandbox.requests] == [10, 5]
    assert "10 records were accepted by an earlier run, and skipped; --again" in nothing.stderr
    assert "10 records were accepted" in more.stderr
    assert "15 events were in the outbox already" in again.stderr
    assert {result.exit_code for result in (nothing, more, again)} == {0}


def test_another_file_of_the_same_name_is_read_from_its_start(send, write, orders, sandbox):
    """It is known by its first bytes, not by its name."""
    send(write("events.jsonl", orders(10)))
    send(write("events.jsonl", orders(3, start=100)))

    assert len(sandbox.accepted) == 13


@pytest.mark.parametrize("layout", ["lines", "array", "zipped"])
def test_a_file_that_still_grows_loses_nothing(send, tmp_path, orders, sandbox, layout):
    """Half a record at its end is told, and read again when the rest is there."""
    lines = [json.dumps(event) for event in orders(6)]
    whole = (f"[{', '.join(lines)}]" if layout == "array" else "".join(f"{line}\n" for line in lines)).encode()
    whole = gzip.compress(whole, mtime=0) if layout == "zipped" else whole
    path = tmp_path / "events.jsonl"
    path.write_bytes(whole[: int(len(whole) * 0.8)])
    first = send(path)
    path.write_bytes(whole)
    second = send(path)

    assert (first.exit_code, second.exit_code) == (1, 0), second.stderr
    assert len(sandbox.accepted) == 6


def test_zipped_files_and_pipes_are_read_as_transform_reads_them(send, write, orders, sandbox):
    """A pipe has no place to come back to; its events are recognised by id and name."""
    lines = "".join(f"{json.dumps(event)}\n" for event in orders(5)).encode()

    assert send(write("events.jsonl.gz", gzip.compress(lines))).exit_code == 0
    assert "5 events were in the outbox already" in send("-", stdin=lines).stderr
    assert len(sandbox.accepted) == 5


def test_broken_lines_and_refused_events_cost_only_themselves(send, write, order, sandbox, tmp_path):
    """They are told, counted, and give exit code 1."""
    events = "\n".join([json.dumps({**order, "messageId": "m-1"}), "{nonsense", json.dumps({**order, "messageId": "m-2", "timestamp": "2020-01-01T00:00:00Z"})])

    result = send(write("events.jsonl", events), "--outcomes", tmp_path / "outcomes.jsonl", "--problems", tmp_path / "problems.jsonl")

    assert result.exit_code == 1
    assert table(result)["delivered"] == table(result)["rejected"] == "1"
    assert re.search(r"^ +1  rejected +failed: .*event_time", result.stdout, re.MULTILINE)
    outcomes = [json.loads(line) for line in (tmp_path / "outcomes.jsonl").read_text().splitlines()]
    assert [(outcome["event_id"], outcome["status"]) for outcome in outcomes] == [("m-1", "delivered"), ("m-2", "rejected")]
    assert '"line": 2' in (tmp_path / "problems.jsonl").read_text() or '"line":2' in (tmp_path / "problems.jsonl").read_text()
    assert "1 events in" in result.stderr
    assert "outbox list" in result.stderr


def test_an_outage_is_waited_for(send, write, orders, sandbox):
    """Within --patience, the same run delivers what failed."""
    sandbox.script(Fault(status=503), Fault(reset="answer"))

    result = send(write("events.jsonl", orders(3)), "--patience", "60")

    assert result.exit_code == 0
    assert len(sandbox.accepted) == 3


def test_what_could_not_be_delivered_waits_for_the_next_run(send, write, orders, sandbox):
    """Exit code 1, and how to go on."""
    sandbox.script(Fault(status=503, times=1000))
    first = send(write("events.jsonl", orders(3)), "--patience", "0")
    sandbox.clear()
    second = send("--waiting", "--patience", "60")

    assert first.exit_code == 1
    assert table(first)["waiting"] == "3"
    assert "3 events wait in" in first.stderr
    assert second.exit_code == 0, second.stderr
    assert table(second)["delivered"] == "3"


def test_a_wrong_token_ends_the_waiting_and_says_what_to_do(send, write, orders, settings):
    """Nobody waits ten minutes for what only a person can mend."""
    result = send(write("events.jsonl", orders(3)), settings_file=settings("wrong.json", token="pina_wrong"))  # noqa: S106

    assert result.exit_code == 1
    assert "paused unauthorized: Authentication failed." in result.stderr
    assert "Make one in Ads Manager" in result.stderr
    assert "pina_wrong" not in result.output + result.stderr


def test_test_mode_checks_and_counts_nothing(send, write, orders, sandbox):
    """Pinterest's ?test=true; what was tested is not taken for delivered afterwards."""
    path = write("events.jsonl", orders(25))

    assert send(path, "--test").exit_code == 0
    assert (len(sandbox.accepted), [exchange.events for exchange in sandbox.requests]) == (0, [20, 5])
    assert send(path).exit_code == 0
    assert len(sandbox.accepted) == 25


def test_a_dry_run_tells_what_would_be_sent_and_leaves_nothing_behind(send, write, orders, sandbox, tmp_path):
    """Requests, bytes, the address and the events by name."""
    result = send(write("events.jsonl", orders(1200)), "--dry-run")

    assert result.exit_code == 0
    assert re.search(r"Would send 1,200 events in 2 requests, [\d,]+ bytes, to http://127.0.0.1:\d+/v5/ad_accounts/549755885175/events", result.stdout)
    assert re.search(r"^ +1,200  checkout$", result.stdout, re.MULTILINE)
    assert sandbox.requests == ()
    assert not (tmp_path / "outbox.sqlite3").exists()


def test_a_dry_run_tells_of_refused_events_too(send, write, order, sandbox, tmp_path):
    """With the same exit code as a real run."""
    result = send(write("events.jsonl", [order, {"type": "track"}]), "--dry-run", "--problems", tmp_path / "problems.jsonl", "-q")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "missing_event_name" in (tmp_path / "problems.jsonl").read_text()


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_a_patience_that_is_no_number_of_seconds_is_wrong_use(send, write, orders, sandbox, value):
    """Nothing is sent."""
    result = send(write("events.jsonl", orders(1)), "--patience", value)

    assert result.exit_code == 2
    assert "Invalid value for '--patience'" in result.stderr
    assert not sandbox.accepted


def test_settings_that_delivery_lacks_are_told(send, write, orders):
    """All of them, before anything is read or made."""
    result = send(write("events.jsonl", orders(1)), settings_file=write("bare.json", {"tag_id": "2612345678901"}))

    assert result.exit_code == 2
    assert result.stderr.count("found nothing; expected") == 2
    assert "/ad_account_id" in result.stderr
    assert "/conversion_token" in result.stderr


def test_quiet_is_quiet(send, write, orders):
    """Nothing is said of what went well."""
    result = send(write("events.jsonl", orders(2)), "-q")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_ctrl_c_leaves_everything_that_was_read_in_the_outbox(start, settings, sandbox, tmp_path, order):
    """It ends with 130, and the next run goes on; nothing is lost, nothing counted twice."""
    process = start("send", "-", "-s", settings(), "--outbox", tmp_path / "outbox.sqlite3")
    for number in range(1500):
        process.stdin.write(f"{json.dumps({**order, 'messageId': f'm-{number}'})}\n".encode())
    process.stdin.flush()
    while not sandbox.accepted:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)

    assert process.returncode == 130, told
    with Outbox(tmp_path / "outbox.sqlite3", create=False) as outbox:
        counts = outbox.counts()
    assert counts["sending"] == 0
    assert counts["delivered"] == len(sandbox.accepted)
    assert b"waiting" in out


def test_progress_shows_on_a_terminal(start, settings, write, orders, tmp_path):
    """The numbers move while events are delivered, and leave no trace in the final table."""
    ours, theirs = os.openpty()
    process = start("send", write("events.jsonl", orders(3000)), "-s", settings(), "--outbox", tmp_path / "outbox.sqlite3", stderr=theirs)
    os.close(theirs)
    shown = b"".join(iter(lambda: _read(ours), b"")).decode()
    os.close(ours)
    out = process.stdout.read().decode()

    assert process.wait(60) == 0
    assert "delivered" in shown
    assert "waiting" in shown
    assert "3,000 events read" in shown
    assert "\x1b" not in out
    assert "3,000" in out


def _read(terminal):
    """What stands on a terminal; nothing once the process has ended."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


# -- check --live


@pytest.mark.parametrize(
    ("fault", "words", "advice", "code"),
    [
        (None, "live: ok: Pinterest takes events for 549755885175 (one test event, counted nowhere)", "", 0),
        (Fault(status=401), "live: unauthorized: Authentication failed.", "Make one in Ads Manager", 2),
        (Fault(status=403), "live: forbidden: ", "Admin, Analyst, Audience or Campaign", 2),
        (Fault(status=404), "live: not_found: ", "Ads Manager", 2),
        (Fault(status=429), "live: rate_limited: ", "in a minute", 1),
        (Fault(status=503), "live: http_503: ", "", 1),
        (Fault(reset="answer"), "live: reset: ", "", 1),
        (Fault(html=True), "live: unreadable: ", "", 1),
    ],
    ids=["ok", "401", "403", "404", "429", "503", "reset", "html"],
)
def test_check_live_says_in_plain_words_what_is_wrong(run, settings, sandbox, fault, words, advice, code):
    """And what to do; nothing is counted by it."""
    if fault:
        sandbox.script(fault)

    result = run("check", "--live", settings())

    assert words in result.stdout
    assert advice in result.stdout
    assert result.exit_code == code
    assert sandbox.accepted == ()
    assert sandbox.requests[0].test == 1 or fault
    assert TOKEN not in result.stdout


def test_check_live_tells_of_the_settings_that_it_needs(run, write):
    """A file without token and account is fine for the tag, but there is nothing to ask Pinterest with."""
    result = run("check", "--live", write("settings.json", {"tag_id": "2612345678901"}))

    assert "#/conversion_token: found nothing; expected the token" in result.stdout
    assert result.exit_code == 2


def test_check_live_asks_nothing_for_mappings(run, write, sandbox):
    """A mapping document has no token."""
    path = write("spec.json", {"kind": "spec", "name": "mine", "extends": "ecommerce"})

    assert run("check", "--live", path).stdout == f"{path}: ok\n"
    assert sandbox.requests == ()


def test_check_live_works_with_version_3(run, write, sandbox):
    """The advertiser stands in the event, and there is no token."""
    path = write("settings.json", {"api_version": "v3", "advertiser_id": "429047995", "delivery": {"base_url": sandbox.url}})

    result = run("check", "--live", path)

    assert "live: ok: Pinterest takes events for 429047995" in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize(("log", "flags", "lines"), [("none", ("--test",), 0), ("debug", (), 0), ("debug", ("--test",), 3), ("always", (), 3)])
def test_outcomes_are_logged_as_the_setting_says(send, write, orders, settings, log, flags, lines):
    """One line of JSON on standard error for each event: never, for test events only, always; and nothing personal in it."""
    result = send(write("events.jsonl", orders(3)), *flags, settings_file=settings("logging.json", log=log))

    logged = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert sorted(entry["event_id"] for entry in logged) == ["m-0", "m-1", "m-2"][:lines]
    assert {entry["status"] for entry in logged} <= {"delivered"}
    assert "@" not in result.stderr


@pytest.mark.parametrize(("flags", "setting"), [(("--strict",), False), ((), True)], ids=["option", "setting"])
def test_strict_sends_nothing_that_the_schema_refuses(send, write, orders, order, settings, sandbox, refusable, tmp_path, flags, setting):
    """It never reaches the outbox; it is told as other problems are, and costs no event beside it."""
    bad = {**order, "messageId": "m-bad", "properties": {**order["properties"], "order_id": "refusable"}}
    events = write("events.jsonl", [*orders(2), bad])
    result = send(events, *flags, "--problems", tmp_path / "problems.jsonl", settings_file=settings("strict.json", strict=setting))

    assert (result.exit_code, [exchange.status for exchange in sandbox.requests]) == (1, [200])
    assert sorted(event["event_id"] for event in sandbox.accepted) == ["m-0", "m-1"]
    (problem,) = map(json.loads, (tmp_path / "problems.jsonl").read_text().splitlines())
    assert (problem["line"], problem["code"], problem["message"]) == (3, "invalid_payload", "the schema refuses the payload at /wifi")
    assert "1 refused" in result.stderr


def test_strict_holds_for_a_dry_run(send, write, order, refusable):
    """What would not be sent is not counted as what would be."""
    bad = {**order, "properties": {**order["properties"], "order_id": "refusable"}}
    result = send(write("events.jsonl", [order, bad]), "--dry-run", "--strict")

    assert (result.exit_code, result.stdout.partition(" in ")[0]) == (1, "Would send 1 events")


def test_without_strict_pinterest_decides(send, write, order, sandbox, refusable):
    """As it does by default."""
    bad = {**order, "properties": {**order["properties"], "order_id": "refusable"}}
    result = send(write("events.jsonl", [bad]))

    assert (result.exit_code, table(result)["rejected"]) == (1, "1")
    assert "invalid_payload" not in result.stderr
