"""Pinterest's answers become one verdict for each event, or none; what is kept of them is clean."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.delivery.result import MAX_MESSAGE, NO_REASON, Answer, Verdict, clean, read, refusal
from pinterest_destination.errors import Fault
from pinterest_destination.identity import digest
from pinterest_destination.settings import Secret

TOKEN = Secret("pina_EXAMPLE/of+1")
TOO_OLD = "Invalid event_timestamp parameter. Given timestamp is in the past."
PROCESSED: dict[str, Any] = {"status": "processed", "error_message": None, "warning_message": None}
FAILED: dict[str, Any] = {"status": "failed", "error_message": TOO_OLD, "warning_message": ""}


def results(*events, **more):
    """Give the content of a `ConversionApiResponse`."""
    processed = sum(event["status"] == "processed" for event in events)
    return {"num_events_received": len(events), "num_events_processed": processed, "events": list(events), **more}


def answer(content, status=200):
    """Give an answer with *content*, JSON or bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answer(status, body=body, secret=TOKEN)


@pytest.mark.parametrize("status", [200, 201, 422])
@pytest.mark.parametrize("wrap", [lambda content: content, lambda content: {"code": 953, "message": "Some failed", "details": content}])
def test_each_event_has_its_verdict_in_order(status, wrap):
    """Mixed results come with 200 and with 422, bare and in `details`: they are read alike."""
    content = wrap(results(PROCESSED, FAILED, {"status": "processed", "warning_message": "currency is missing"}))

    assert read(answer(content, status), 3) == (
        Verdict("delivered"),
        Verdict("rejected", TOO_OLD),
        Verdict("delivered_with_warning", "currency is missing"),
    )


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        ({"status": "processed"}, Verdict("delivered")),
        ({"status": "processed", "warning_message": " \n"}, Verdict("delivered")),
        ({"status": "processed", "warning_message": 7}, Verdict("delivered")),
        ({"status": "processed", "error_message": "odd"}, Verdict("delivered_with_warning", "odd")),
        ({"status": "processed", "error_message": "e", "warning_message": "w"}, Verdict("delivered_with_warning", "w")),
        ({"status": "failed"}, Verdict("rejected", NO_REASON)),
        ({"status": "failed", "error_message": "", "warning_message": None}, Verdict("rejected", NO_REASON)),
        ({"status": "failed", "error_message": " ", "warning_message": "w"}, Verdict("rejected", "w")),
        ({"status": "failed", "error_message": "e", "warning_message": "w"}, Verdict("rejected", "e")),
    ],
)
def test_messages_may_be_blank_or_missing(event, verdict):
    """Pinterest gives null, "" or nothing; a refusal always has a reason, and no remark is lost."""
    assert read(answer(results(event)), 1) == (verdict,)


def test_pinterest_need_not_count():
    """The counts may be missing, in `details` above all, whose form is not specified; a byte order mark does no harm."""
    assert read(answer({"details": {"events": [PROCESSED]}}, 422), 1) == (Verdict("delivered"),)
    assert read(answer(b"\xef\xbb\xbf" + json.dumps({"events": [PROCESSED]}).encode()), 1) == (Verdict("delivered"),)


UNREADABLE = {
    "nothing": b"",
    "html": b"<html><body>Sign in to the network</body></html>",
    "half of it": json.dumps(results(PROCESSED, PROCESSED)).encode()[:-9],
    "not UTF-8": b'{"events": [{"status": "\xff"}]}',
    "NaN": json.dumps(results(PROCESSED, PROCESSED)).replace("2", "NaN", 1).encode(),
    "too deep": b"[" * 100_000,
    "endless number": b'{"num_events_received": ' + b"9" * 5000 + b"}",
    "null": None,
    "a list": [PROCESSED, PROCESSED],
    "other JSON": {"status": "ok"},
    "one too few": results(PROCESSED),
    "one too many": results(PROCESSED, PROCESSED, PROCESSED),
    "none": results(),
    "received fewer": results(PROCESSED, PROCESSED, num_events_received=1),
    "received text": results(PROCESSED, PROCESSED, num_events_received="2"),
    "no list": {"events": {"0": PROCESSED, "1": PROCESSED}},
    "no object": {"events": [PROCESSED, "processed"]},
    "no status": {"events": [PROCESSED, {}]},
    "unknown status": {"events": [PROCESSED, {"status": "queued"}]},
    "status of another kind": {"events": [PROCESSED, {"status": ["processed"]}]},
    "details are text": {"details": "see log"},
    "details are null": {"details": None},
    "details of others": {"details": results(PROCESSED)},
    "an error": {"code": 4196, "message": "The request was invalid."},
}


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_whatever_else_is_no_verdict(content, status):
    """Nothing is taken as delivered, or as refused, unless Pinterest says so of each of the two events."""
    assert read(answer(content, status), 2) is None


def test_a_count_of_true_is_no_count():
    """JSON's true equals 1 in Python; it does not here."""
    assert read(answer(results(PROCESSED, num_events_received=True)), 1) is None


@pytest.mark.parametrize("status", [100, 199, 301, 302, 400, 401, 429, 500, 503])
def test_no_other_status_tells_of_events(status):
    """Even if the body looks like a result: something between may have invented the status or the body."""
    assert read(answer(results(PROCESSED), status), 1) is None


@pytest.mark.property
@given(st.binary(max_size=300) | st.text().map(str.encode), st.integers(0, 3), st.sampled_from([200, 422]))
def test_any_body_is_read_without_an_error(body, count, status):
    """The reader gives verdicts or None, and a refusal or blanks, whatever stands there."""
    found = read(Answer(status, body=body), count)

    assert found is None or len(found) == count
    assert all(isinstance(part, str) for part in refusal(Answer(status, body=body)))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"code": 4196, "message": "The request was invalid."}, ("4196", "The request was invalid.")),
        ({"code": "E-1", "message": "No"}, ("E-1", "No")),
        ({"code": 2}, ("2", "")),
        ({"code": True, "message": ["No"]}, ("", "")),
        ({"code": 1.5, "message": "No"}, ("", "No")),
        ({"code": "c" * 99, "message": " \t"}, ("c" * 50, "")),
        ({"code": 7, "message": "jane@example.com may not\nuse pina_EXAMPLE/of+1"}, ("7", f"{digest('jane@example.com')} may not use ***")),
        (["no"], ("", "")),
        (b"<html>", ("", "")),
    ],
)
def test_a_refusal_has_code_and_message(content, told):
    """As far as Pinterest gives them, cleaned."""
    assert refusal(answer(content, 400)) == told


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("  two\r\n\tlines \x1b[31m red ", "two lines [31m red"),
        ("half a pair \ud83d and\u2028\u202eturned", "half a pair and turned"),
        ("naïve 🙂", "naïve 🙂"),
        ("bad address jane@example.com.", f"bad address {digest('jane@example.com')}."),
        ("at https://shop.example.com/?m=jane%40example.com", f"at https://shop.example.com/?m={digest('jane@example.com')}"),
        ("pina_EXAMPLE/of+1 is bad", "*** is bad"),
        ("x=pina_EXAMPLE%2Fof%2B1&y", "x=***&y"),
        (r'{"token": "pina_EXAMPLE\/of+1"}', '{"token": "***"}'),
        ("Authorization: Bearer another-token-1", "Authorization: Bearer ***"),
        ("authorization=bearer%20another-token-1", "authorization=bearer%20***"),
        ("the bearer token is wrong", "the bearer token is wrong"),
        ("an older one: pina_0123abc.d and more", "an older one: *** and more"),
    ],
)
def test_what_is_kept_is_one_clean_line(text, cleaned):
    """No line breaks, no control characters, no e-mail address, no token."""
    assert clean(text, TOKEN) == cleaned


def test_a_long_message_is_cut():
    """After it has been cleaned: half a token or half an address would no longer be known as one."""
    text = "x" * (MAX_MESSAGE - 20) + " pina_EXAMPLE/of+1 and jane@example.com " + "y" * 99
    cleaned = clean(text, TOKEN)

    assert len(cleaned) == MAX_MESSAGE
    assert cleaned.endswith("…")
    assert "EXAMPLE" not in cleaned
    assert "jane" not in cleaned
    assert clean("x" * MAX_MESSAGE) == "x" * MAX_MESSAGE


def test_a_token_that_is_missing_hides_nothing():
    """There is none to look for, and that is no reason to fail."""
    assert clean("all is well", Secret.missing(Fault("/conversion_token", "nothing", "a token"))) == "all is well"


@pytest.mark.property
@given(st.text(), st.text(), st.text("abc/+\"\\%'{}", min_size=4))
def test_the_token_never_shows(before, after, token):
    """Wherever it stands, as it is or escaped as JSON does it."""
    secret = Secret(token)

    assert token not in clean(f"{before} {token} {after}", secret).replace("***", "")
    assert json.dumps(token)[1:-1] not in clean(f"{before} {json.dumps(token)} {after}", secret).replace("***", "")


def test_an_answer_shows_nothing_but_its_status():
    """Bodies and headers may echo what was sent."""
    shown = repr(Answer(401, {"retry-after": "jane@example.com"}, b"Bearer pina_EXAMPLE/of+1", TOKEN))

    assert shown == "Answer(status=401, secret=Secret(***))"
