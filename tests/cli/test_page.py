"""`page`: the tag's code for a page, ready to be pasted."""

import json
import re

import pytest

from pinterest_destination import Destination

NO_TYPE = {"event": "Order Completed"}


def test_without_events_it_is_what_starts_the_tag(run, settings):
    """And nothing else is said, so that the output is all there is to paste."""
    result = run("page", "-s", settings)

    assert result.stdout == f"{Destination.from_file(settings).page_code()}\n"
    assert (result.exit_code, result.stderr) == (0, "")


def test_events_follow_in_order_and_are_counted(run, write, settings, order):
    """Those of all files are of one page; the summary tells of them."""
    first, second = write("first.jsonl", [order]), write("second.json", [{"type": "page", "name": "Thanks", "messageId": "m-2", "timestamp": order["timestamp"]}])

    result = run("page", "-s", settings, first, second)

    assert [line.split(", ")[1] for line in result.stdout.splitlines() if line.startswith("pintrk(")] == ['"Checkout"', '"PageVisit"']
    assert "2 events read, 2 tag calls, 0 API events, 0 refused" in result.stderr
    assert result.exit_code == 0


def test_events_may_come_from_standard_input(run, settings, order):
    """As for every command, "-" stands for it."""
    result = run("page", "-s", settings, "-", stdin=json.dumps(order))

    assert 'pintrk("track", "Checkout"' in result.stdout


def test_personal_data_is_hashed(run, write, settings, order):
    """The code is shown, pasted and stored."""
    identify = {"type": "identify", "messageId": "m-0", "traits": {"email": "ann@example.com"}}

    result = run("page", "-s", settings, write("events.jsonl", [identify, order]))

    assert 'pintrk("set", {"em": "' in result.stdout
    assert "ann@example.com" not in result.stdout


@pytest.mark.parametrize(("answer", "calls"), [(True, ["setconsent", "load", "page", "track"]), (False, ["setconsent", "load"]), (None, ["setconsent", "load"])])
def test_the_first_event_tells_of_consent(run, write, order, answer, calls):
    """Where the settings ask for it, the page is that of the events; what was not said counts as denied."""
    asking = write("asking.json", {"tag_id": "2612345678901", "consent": {"from": ["properties.ok"]}})
    order["properties"]["ok"] = answer

    result = run("page", "-s", asking, write("events.jsonl", [order]))

    assert result.stdout == f"{Destination.from_file(asking).page([order])}\n"
    assert re.findall(r'pintrk\("(\w+)"', result.stdout) == calls
    assert f'pintrk("setconsent", {json.dumps(answer is True)})' in result.stdout


def test_the_nonce_is_on_every_script(run, write, settings, order):
    """A template's placeholder stays as it is."""
    result = run("page", "-s", settings, "--nonce", "{{ csp_nonce }}", write("events.jsonl", [order]))

    assert result.stdout.count('<script nonce="{{ csp_nonce }}">') == result.stdout.count("<script") == 2


def test_a_blank_nonce_is_wrong_use(run, settings):
    """As when a variable of the shell is not set."""
    result = run("page", "-s", settings, "--nonce", "")

    assert result.exit_code == 2
    assert "--nonce: blank" in result.stderr.replace("'", "")


def test_a_nonce_that_is_no_text_is_wrong_use(start, settings):
    """Bytes that are no UTF-8 are a fault that is told, and no traceback."""
    process = start("page", "-s", settings, "--nonce", "\udcff")
    printed, told = process.communicate(timeout=60)

    assert (process.returncode, printed) == (2, b"")
    assert b"--nonce: text that is no Unicode" in told.replace(b"'", b"")
    assert b"Traceback" not in told


def test_a_refused_event_is_told_with_its_place(run, write, settings, order):
    """With the file, where there are several; the rest goes on."""
    good, bad = write("good.jsonl", [order]), write("bad.jsonl", "{\n" + json.dumps(NO_TYPE) + "\n")

    alone = run("page", "-s", settings, "-q", bad)
    both = run("page", "-s", settings, bad, good)

    assert "line 1: " in alone.stderr
    assert f"{bad}: line 2: type: " in both.stderr
    assert 'pintrk("track", "Checkout"' in both.stdout
    assert (alone.exit_code, both.exit_code) == (1, 1)


def test_settings_without_a_tag_are_wrong(run, write):
    """There is no page without one."""
    result = run("page", "-s", write("settings.json", {}))

    assert result.exit_code == 2
    assert "/tag_id" in result.stderr
    assert result.stdout == ""
