"""The examples are as their program makes them, as varied as it promises, and the demonstration tells the truth."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pinterest_destination import Destination, Outbox
from pinterest_destination.rules.load import catalogue

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
INPUTS = ("shop-visit.jsonl", "orders.jsonl")


def program(name):
    """examples/<name>.py as a module; it is no part of the package, and the search path stays as it was."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.path.copy()
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


make = program("make")
faults = sys.modules["examples.faults"]
PLACES = make.order_stream()[1]


def lines(name):
    return (EXAMPLES / name).read_text("utf-8").splitlines()


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


@pytest.fixture(scope="module")
def events():
    """All events of all files, but for the broken line."""
    return [event for name in INPUTS for line in lines(name) if (event := parsed(line))]


@pytest.fixture(scope="module")
def destination():
    return Destination.from_file(EXAMPLES / "settings.json", clock=make.NOW.timestamp)


# -- the files


@pytest.mark.parametrize("name", INPUTS)
def test_a_file_is_as_its_program_makes_it(name):
    """If this fails, run `python examples/make.py` and commit what it writes."""
    assert lines(name) == make.files()[name].splitlines()
    assert (EXAMPLES / name).read_bytes() == make.files()[name].encode()


def test_the_program_writes_what_is_not_as_it_should_be(tmp_path, monkeypatch, capsys):
    """`--check` only tells, and gives 1; without it the files are written; then there is nothing to do."""
    monkeypatch.setattr(make, "HERE", tmp_path)

    assert make.main(["--check"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert make.main([]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(INPUTS)
    assert make.main(["--check"]) == 0
    assert capsys.readouterr().out.count("written") == 2


def test_there_are_enough_events_of_every_call_type(events):
    """One visit that a person can read, and a stream."""
    assert 20 <= len(lines("shop-visit.jsonl")) <= 30
    assert len(events) >= 300
    assert {event["type"] for event in events} == {"track", "page", "screen", "identify", "group", "alias"}


def test_events_come_from_several_sources(events):
    """Browser, server, both kinds of phone, till; in several currencies; from customers who come back."""
    currencies = {event["properties"].get("currency") for event in events if isinstance(event.get("properties"), dict)}
    buyers = Counter(event["userId"] for event in events if event.get("event") == "Order Completed")

    assert {event["channel"] for event in events} == {"web", "server", "mobile", "offline"}
    assert {"iOS", "Android"} == {event["context"]["os"]["name"] for event in events if "os" in event["context"]}
    assert len(currencies) >= 5
    assert max(buyers.values()) > 1


def test_every_pinterest_event_occurs(events, destination):
    """Each event of the catalogue at least once, in the API and, where it has a name there, in the tag."""
    conversions = [destination.transform(event) for event in events]
    sent = {event["event_name"] for made in conversions for event in made.capi}
    called = {call[1] for made in conversions for call in made.pintrk if call[0] == "track"}

    assert {event.name for event in catalogue().events} - sent == set()
    assert {event.tag for event in catalogue().events if event.tag} - called == set()


def test_the_shop_visit_is_clean(destination):
    """Nothing in the first file that people look at needs an excuse."""
    problems = [problem for line in lines("shop-visit.jsonl") for problem in destination.transform(json.loads(line)).problems]

    assert [problem for problem in problems if problem.severity != "info"] == []


# -- the faults


def test_three_to_five_in_a_hundred_events_are_faulty(events):
    """As real streams are; each announced fault is there once."""
    assert list(PLACES.keys() ^ {fault.name for fault in faults.FAULTS}) == []
    assert 0.03 <= len(PLACES) / (len(events) + 1) <= 0.05


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_consequence(fault, destination):
    """A fault leads to the announced problem, or to none."""
    event = parsed(lines("orders.jsonl")[PLACES[fault.name] - 1])
    codes = {problem.code for problem in destination.transform(event).problems if problem.severity != "info"} if event else {"invalid_input"}

    assert codes == ({fault.code} if fault.code else set())


def test_nothing_is_wrong_that_is_not_announced(destination):
    """Errors and warnings come from the faults alone."""
    announced = {PLACES[fault.name] for fault in faults.FAULTS if fault.code}
    events = enumerate(map(parsed, lines("orders.jsonl")), 1)
    wrong = {n for n, event in events if not event or any(p.severity != "info" for p in destination.transform(event).problems)}

    assert wrong == announced


def test_a_fault_without_a_problem_is_mended(destination):
    """Milliseconds become seconds, camelCase is read, and a repeat keeps its id."""
    stream = lines("orders.jsonl")
    time, camel, again, first = (
        destination.transform(json.loads(stream[place - 1])).capi[0]
        for place in (PLACES["time_in_ms"], PLACES["camel_case"], PLACES["duplicate"], PLACES["duplicate"] - 1)
    )

    assert time["event_time"] == make.NOW.timestamp() - 3 * 3600
    assert {"order_id", "value", "content_ids"} <= camel["custom_data"].keys()
    assert again == first


# -- the settings


@pytest.mark.parametrize("dialect", ["native", "rudderstack", "segment", "metarouter"])
def test_settings_load_in_their_dialect(dialect):
    """Each file is recognised, has no key too many, and makes a checkout of an order."""
    name = "settings.json" if dialect == "native" else f"{dialect}-settings.json"
    destination = Destination.from_file(EXAMPLES / name, clock=make.NOW.timestamp)
    order = next(event for line in lines("shop-visit.jsonl") if (event := json.loads(line)).get("event") == "Order Completed")
    conversion = destination.transform(order)

    assert destination.settings.dialect == dialect
    assert [problem for problem in destination.problems if problem.severity != "info"] == []
    assert conversion.pintrk[-1][1] == "Checkout"
    assert conversion.capi[0]["event_name"] == "checkout"
    assert conversion.ok


# -- the demonstration


class Demo:
    """What a run of examples/demo.py printed and wrote."""

    def __init__(self, out):
        command = [sys.executable, str(EXAMPLES / "demo.py"), "--out", str(out)]
        environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
        self.out = out
        self.run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
        assert self.run.returncode == 0, self.run.stderr
        self.files = {name: (out / name).read_text("utf-8") for name in ("payloads.jsonl", "problems.jsonl")}
        self.payloads, self.problems = ([json.loads(line) for line in text.splitlines()] for text in self.files.values())
        self.calls = [call for row in self.payloads for call in row["pintrk"]]
        self.tracks = [call for call in self.calls if call[0] == "track"]
        self.api_events = [event for row in self.payloads for event in row["capi"]]

    def numbers(self, words):
        """The numbers in the first line of the output with these *words*."""
        line = next(line for line in self.run.stdout.splitlines() if words in line)
        return [int(number) for number in re.findall(r"\d+", line)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return Demo(tmp_path_factory.mktemp("demo"))


def test_the_demo_runs_in_a_pipe(demo):
    """Without colours, without a word on stderr, and on few screens."""
    assert demo.run.stderr == ""
    assert "\x1b" not in demo.run.stdout
    assert len(demo.run.stdout.splitlines()) <= 125


def test_the_demos_numbers_are_those_of_its_files(demo):
    """A recount of what was written."""
    refused = {row["line"] for row in demo.problems if row["severity"] == "error"}
    severities = Counter(row["severity"] for row in demo.problems)
    read = sum(len(lines(name)) for name in INPUTS)

    assert demo.numbers("events read") == [read, read - len(refused), len(refused)]
    assert demo.numbers("track calls") == [len(demo.tracks), len(demo.calls) - len(demo.tracks), len(demo.api_events)]
    assert demo.numbers("errors,") == [severities["error"], severities["warning"], severities["info"]]


def test_the_demos_funnel_is_that_of_its_files(demo):
    """One row per Pinterest event, with both counts."""
    shown = re.findall(r"^ ([\w-]+) +([\w-]+) +(\d+) +(\d+) +#+ *$", demo.run.stdout, re.MULTILINE)
    api = Counter(event["event_name"] for event in demo.api_events)
    tag = Counter(call[1] for call in demo.tracks)

    assert {name: int(count) for name, _, count, _ in shown if name != "-"} == api
    assert {name: int(count) for _, name, _, count in shown if name != "-"} == tag


def test_the_demos_problems_are_those_of_its_files(demo):
    """One row per code, with the number of events that have it."""
    shown = dict(re.findall(r"^ (?:error|warning|info) +(\w+) +(\d+) ", demo.run.stdout, re.MULTILINE))
    codes = Counter(code for _, code in {(row["line"], row["code"]) for row in demo.problems})

    assert {code: int(count) for code, count in shown.items()} == codes


def test_the_command_that_the_demo_shows_writes_the_same(demo, tmp_path):
    """The demo's files are those of the command, but for what depends on the clock."""
    shown = demo.run.stdout.split("pinterest-destination", 1)[1].splitlines()[0].split()
    command = [sys.executable, "-m", "pinterest_destination", *(str(ROOT / word) if word.startswith("examples/") else word for word in shown)]
    stream = b"".join((EXAMPLES / name).read_bytes() for name in INPUTS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, input=stream, capture_output=True, cwd=tmp_path, env=environment, check=False)
    payloads, problems = ([json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()] for name in demo.files)
    timeless = [(row["line"], row["code"], row["path"]) for row in problems if row["code"] != "event_time_out_of_window"]

    assert done.returncode == 1, done.stderr.decode()
    assert payloads == [{key: row[key] for key in ("line", "pintrk", "capi")} for row in demo.payloads]
    assert timeless == [(row["line"], row["code"], row["path"]) for row in demo.problems if row["code"] != "event_time_out_of_window"]


def test_both_channels_agree_in_the_demo(demo):
    """In every event that both channels get, and the demo says in how many."""
    both = [row for row in demo.payloads if row["capi"] and any(call[0] == "track" for call in row["pintrk"])]

    assert demo.numbers("agree on both channels") == [len(both), len(both)]
    assert all(row["pintrk"][-1][2]["event_id"] == row["capi"][0]["event_id"] for row in both)


def test_an_api_event_comes_once_but_for_the_duplicate(demo):
    """Pinterest counts events by name and id."""
    counts = Counter((event["event_id"], event["event_name"]) for event in demo.api_events)
    duplicate = json.loads(lines("orders.jsonl")[PLACES["duplicate"] - 1])

    assert {pair: count for pair, count in counts.items() if count > 1} == {(duplicate["messageId"], "checkout"): 2}


def test_no_personal_data_leaves_the_demo(demo, events):
    """Neither its output nor its files hold a name, an address, a phone number or an id of any customer in clear."""
    told = "".join([demo.run.stdout, *demo.files.values()]).casefold()
    personal = {str(value).casefold() for event in events for value in identity(event) if len(str(value)) > 2}
    addresses = {value for value in personal if "@" in value}

    assert len(addresses) > 10
    assert sorted(value for value in personal if value in told) == []
    assert re.findall(r"[\w.+'-]+@\w+", told) == []


def identity(event):
    """Everything at the places of an event that hold personal data, but for what Pinterest takes in clear (IP, user agent)."""
    yield from (event[key] for key in ("userId", "anonymousId", "previousId") if key in event)
    yield from (device["advertisingId"] for device in [event["context"].get("device", {})] if "advertisingId" in device)
    for traits in (event.get("traits", {}), event["context"].get("traits", {})):
        for key in ("email", "phone", "firstName", "first_name", "lastName", "last_name", "birthday"):
            if event["type"] != "group" and traits.get(key, "n/a") != "n/a":
                yield traits[key]
                yield re.sub(r"\D", "", traits[key]) if key == "phone" else traits[key]
        address = traits.get("address", {})
        yield from (address[key] for key in ("city", "state") if address.get(key))


def test_the_demo_delivers_every_conversion_through_trouble(demo):
    """Each has an outcome, and the numbers are those of the outbox that it leaves."""
    with Outbox(demo.out / "outbox.sqlite3", create=False) as outbox:
        counts = outbox.counts()
        kept = Counter((row.event_name, row.event_id) for row in outbox.rows())
    sent = {(event["event_name"], event["event_id"]) for row in demo.payloads for event in row["capi"]}

    assert kept == Counter(sent)
    assert demo.numbers("events into the outbox")[0] == len(sent)
    assert demo.numbers(" delivered, ") == [counts["delivered"], counts["delivered_with_warning"], counts["rejected"], counts["unknown"], 0]
    assert counts["waiting"] == counts["sending"] == counts["expired"] == 0
    again, already = demo.numbers("had to go again")
    assert again > already > 0


def test_the_demo_tells_what_counts_once_though_it_came_twice(demo):
    """By the API, by the tag, by both: the last row adds up."""
    api, tag, both, counted = demo.numbers("all events")

    assert counted == api + tag - both
    assert 0 < both < min(api, tag) + 1
    assert tag == len({(call[1], call[2]["event_id"]) for row in demo.payloads for call in row["pintrk"] if call[0] == "track"})
