"""The client against real sockets on loopback: whatever the network does becomes an answer or the name of a fault."""

import errno
import gzip
import http.client
import inspect
import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import get_args

import pytest
import requests.adapters
import requests.exceptions
import urllib3.exceptions

from pinterest_destination import __version__
from pinterest_destination.delivery._failures import kind_of
from pinterest_destination.delivery.client import MAX_ANSWER, Client
from pinterest_destination.delivery.result import Answer, NoAnswer, NoAnswerKind
from pinterest_destination.errors import Fault, SettingsError
from pinterest_destination.settings import Secret

from ._server import Server, certificate

TOKEN = Secret("pina_EXAMPLE")
BODY = b'{"data":[]}'


@pytest.fixture(autouse=True)
def _nothing_of_the_environment(monkeypatch):
    """A proxy of whoever runs the tests is none of theirs."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def post(url, body=BODY, token=TOKEN, **options):
    """Post with a client of its own."""
    with Client(**options) as client:
        return client.post(f"{url}/v5/ad_accounts/1/events", body, token)


def serve(answering, tls=False):
    """Make a server that answers every request on every connection with *answering*."""

    def turn(peer):
        while request := peer.request():
            answering(peer, request)

    return Server(turn, tls=tls)


def test_a_request_is_posted_as_it_is():
    """One JSON body of known length, the token as bearer, and who sends it; no cookies, nothing else."""
    with serve(lambda peer, _: peer.answer()) as server:
        post(server.url)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().splitlines()

    assert first == "POST /v5/ad_accounts/1/events HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: gzip",
        "Accept: application/json",
        "Authorization: Bearer pina_EXAMPLE",
        f"Content-Length: {len(BODY)}",
        "Content-Type: application/json",
        f"Host: {server.url.removeprefix('http://')}",
        f"User-Agent: pinterest-destination/{__version__}",
    ]
    assert body == BODY


def test_without_a_token_there_is_no_authorization():
    """As version 3 of the API has it."""
    with serve(lambda peer, _: peer.answer()) as server:
        post(server.url, token=None)

    assert b"authorization" not in server.requests[0].lower()


def test_a_netrc_file_is_not_read(tmp_path, monkeypatch):
    """It would replace the token by somebody's password."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve(lambda peer, _: peer.answer()) as server:
        post(server.url)
        post(server.url, token=None)

    assert b"Authorization: Bearer pina_EXAMPLE" in server.requests[0]
    assert b"authorization" not in server.requests[1].lower()


def test_a_token_that_is_missing_is_told_before_anything_is_sent():
    """With the setting that lacks it."""
    missing = Secret.missing(Fault("/conversion_token/env", "an environment variable that is not set", "a token"))
    with serve(lambda peer, _: peer.answer()) as server, pytest.raises(SettingsError, match="/conversion_token/env"):
        post(server.url, token=missing)

    assert server.connections == 0


def test_an_answer_has_what_is_read_of_it():
    """Status, the headers that matter, cut to a length that makes sense, and the body."""
    with serve(lambda peer, _: peer.answer(429, b'{"code": 8}', Retry_After="7", X_RateLimit_Reset="9" * 999, Set_Cookie="a=b")) as server:
        reply = post(server.url)

    assert reply == Answer(429, {"retry-after": "7", "x-ratelimit-reset": "9" * 200}, b'{"code": 8}', TOKEN)


def test_no_cookie_comes_back():
    """A client has no memory of what servers say."""
    with serve(lambda peer, _: peer.answer(Set_Cookie="a=b; Path=/")) as server, Client() as client:
        for _ in range(2):
            client.post(server.url, BODY)

    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


WHOLE = {
    "gzip": lambda peer: peer.answer(body=gzip.compress(b"[1]"), Content_Encoding="gzip"),
    "x-gzip": lambda peer: peer.answer(body=gzip.compress(b"[1]"), Content_Encoding=" X-GZIP "),
    "identity": lambda peer: peer.answer(body=b"[1]", Content_Encoding="identity"),
    "chunks": lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n2\r\n1]\r\n0\r\n\r\n"),
    "until the end": lambda peer: peer.send(b"HTTP/1.1 200 OK\r\n\r\n[1]"),
    "HTTP/1.0": lambda peer: peer.send(b"HTTP/1.0 200 OK\r\n\r\n[1]"),
    "after 100 Continue": lambda peer: (peer.send(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 3), peer.answer(body=b"[1]")),
    "byte by byte": lambda peer: [peer.send(bytes([byte])) for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"],
    "broken header": lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nno header\r\n\r\n[1]"),
}


@pytest.mark.parametrize("turn", WHOLE.values(), ids=WHOLE)
def test_an_answer_may_come_in_any_form_of_http(turn):
    """With a length, in chunks, up to the end of the connection; plain or gzip."""
    with Server(lambda peer: (peer.request(), turn(peer))) as server:
        assert post(server.url) == Answer(200, {}, b"[1]", TOKEN)


@pytest.mark.parametrize("status", [101, 204, 301, 400, 401, 413, 422, 500, 503, 599])
def test_every_status_is_an_answer(status):
    """What it means is decided elsewhere; an empty body is one, whatever its encoding is said to be."""
    with serve(lambda peer, _: peer.answer(status, b"", Content_Encoding="gzip", Connection="close")) as server:
        assert post(server.url) == Answer(status, {}, b"", TOKEN)


def test_a_redirect_is_not_followed():
    """It would take the token elsewhere, and make a GET of the POST; its body is read no further than any other's."""
    with serve(lambda peer, _: peer.answer()) as other:
        with serve(lambda peer, _: peer.answer(302, BOMB, Location=f"{other.url}/", Content_Encoding="gzip")) as server:
            bomb = post(server.url)
        with serve(lambda peer, _: peer.answer(302, b"moved", Location=f"{other.url}/")) as server:
            moved = post(server.url)

    assert moved == Answer(302, {}, b"moved", TOKEN)
    assert bomb == NoAnswer("too_large", True)
    assert other.connections == 0


def test_an_early_answer_is_read():
    """A server may refuse a request that is too large before it has read it."""

    def turn(peer):
        peer.head()
        peer.answer(413, b"[1]")
        while peer.sock.recv(65536):
            pass

    with Server(turn) as server:
        assert post(server.url, b"x" * 3_000_000) == Answer(413, {}, b"[1]", TOKEN)


BOMB = gzip.compress(bytes(30_000_000))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ECHO = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nAuthorization Bearer pina_EXAMPLE\r\n\r\nBearer pina_EXAMPLE"

AFTER_THE_REQUEST = {
    "closed": (lambda peer: None, "reset"),
    "reset": (lambda peer: peer.reset(), "reset"),
    "reset in the head": (lambda peer: (peer.send(HEAD), peer.reset()), "reset"),
    "closed in the head": (lambda peer: peer.send(HEAD), "truncated"),
    "closed in the first line": (lambda peer: peer.send(HEAD[:12]), "truncated"),
    "reset in the body": (lambda peer: (peer.send(HEAD + b"\r\n{"), peer.reset()), "reset"),
    "truncated": (lambda peer: peer.send(HEAD + b"\r\n{"), "truncated"),
    "truncated, with the token": (lambda peer: peer.send(ECHO), "truncated"),
    "truncated and gzip": (lambda peer: peer.answer(body=gzip.compress(b"[1]")[:-4], Content_Encoding="gzip"), "truncated"),
    "cut before the last chunk": (lambda peer: peer.send(CHUNKED + b"1\r\n[\r\n"), "truncated"),
    "cut in a chunk": (lambda peer: peer.send(CHUNKED + b"9\r\n[\r\n"), "truncated"),
    "no chunk": (lambda peer: peer.send(CHUNKED + b"Bearer pina_EXAMPLE\r\n"), "truncated"),
    "no HTTP": (lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.2\r\n"), "undecodable"),
    "no status": (lambda peer: peer.send(b"HTTP/1.1 Bearer pina_EXAMPLE\r\n\r\n"), "undecodable"),
    "too many headers": (lambda peer: peer.send(HEAD + b"X: Bearer pina_EXAMPLE\r\n" * 1000 + b"\r\n"), "undecodable"),
    "too long a header": (lambda peer: peer.send(HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n"), "undecodable"),
    "no gzip": (lambda peer: peer.answer(body=b"Bearer pina_EXAMPLE", Content_Encoding="gzip"), "undecodable"),
    "more than gzip": (lambda peer: peer.answer(body=gzip.compress(b"[") + b"1]", Content_Encoding="gzip"), "undecodable"),
    "another encoding": (lambda peer: peer.answer(body=zlib.compress(b"[1]"), Content_Encoding="deflate"), "undecodable"),
    "gzip bomb": (lambda peer: peer.answer(body=BOMB, Content_Encoding="gzip"), "too_large"),
    "large": (lambda peer: peer.answer(body=bytes(3 * MAX_ANSWER)), "too_large"),
    "one byte too large": (lambda peer: peer.answer(body=bytes(MAX_ANSWER + 1)), "too_large"),
    "endless chunks": (lambda peer: peer.send(CHUNKED + b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n" + b"1\r\nx\r\n" * MAX_ANSWER), "too_large"),
}


@pytest.mark.parametrize(("turn", "kind"), AFTER_THE_REQUEST.values(), ids=AFTER_THE_REQUEST)
def test_a_fault_after_the_request_has_a_name(turn, kind, caplog):
    """The request may have arrived; and the token, which the server knows by now, shows nowhere."""
    caplog.set_level(logging.DEBUG)
    with Server(lambda peer: (peer.request(), turn(peer))) as server:
        reply = post(server.url, read_timeout=600)  # none of them is about time, and a million chunks take some

    assert reply == NoAnswer(kind, maybe_sent=True)
    assert "pina" not in caplog.text + repr(reply)


def test_the_largest_answer_is_read():
    """Up to the limit, plain or decoded."""
    body = bytes(MAX_ANSWER)
    with serve(lambda peer, _: peer.answer(body=body)) as server:
        assert post(server.url) == Answer(200, {}, body, TOKEN)
    with serve(lambda peer, _: peer.answer(body=gzip.compress(body), Content_Encoding="gzip")) as server:
        assert post(server.url) == Answer(200, {}, body, TOKEN)


def test_memory_stays_flat_whatever_an_answer_would_decode_to():
    """Thirty megabytes in thirty kilobytes: they are never made."""
    with serve(lambda peer, _: peer.answer(body=BOMB, Content_Encoding="gzip")) as server, Client() as client:
        client.post(server.url, BODY)  # whatever is imported or made only once
        tracemalloc.start()
        try:
            client.post(server.url, BODY)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 4 * MAX_ANSWER


def test_a_header_that_is_none_is_not_logged(caplog):
    """The libraries would log what they cannot parse, and a server may put the token there."""
    caplog.set_level(logging.DEBUG)
    echo = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nAuthorization Bearer pina_EXAMPLE\r\nX: y\r\n\r\n[1]"
    with Server(lambda peer: (peer.request(), peer.send(echo))) as server:
        reply = post(server.url)

    assert isinstance(reply, Answer)
    assert "pina" not in caplog.text + repr(reply)


@pytest.mark.parametrize("turn", [lambda peer: (peer.sock.recv(1), peer.reset()), lambda peer: peer.sock.recv(1)], ids=["reset", "closed"])
def test_a_connection_may_end_while_the_request_is_sent(turn):
    """Some of it is out; how much of it the server has got, nobody knows."""
    with Server(turn) as server:
        assert post(server.url, b"x" * 3_000_000) == NoAnswer("reset", True)


def test_a_connection_may_end_as_soon_as_it_stands():
    """Whether that is before or after the first byte is a matter of chance."""
    with Server(lambda peer: peer.reset()) as server:
        assert post(server.url) in (NoAnswer("connect", False), NoAnswer("reset", False), NoAnswer("reset", True))


def ticking():
    """Make a clock that a second passes on whenever somebody looks."""
    ticks = count()
    return lambda: float(next(ticks))


def drip(start, piece):
    """Send a start, and then pieces for ever."""

    def turn(peer):
        peer.request()
        peer.send(start)
        while True:
            peer.send(piece)

    return turn


DRIPS = {
    "body": drip(HEAD.replace(b"100", b"900000") + b"\r\n", b" "),
    "chunks": drip(CHUNKED, b"1\r\n \r\n"),
    "headers": drip(HEAD + b"X: ", b"x"),
    "100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("turn", DRIPS.values(), ids=DRIPS)
def test_an_answer_that_never_ends_is_given_up(turn):
    """The time counts for the whole answer, or a byte now and then would hold a worker for ever."""
    with Server(turn) as server:
        assert post(server.url, read_timeout=4, clock=ticking()) == NoAnswer("read_timeout", True)


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"\r\n{"], ids=["no answer", "in the head", "in the body"])
def test_a_silent_server_is_given_up(start):
    """Without an answer, or with half of one."""
    with Server(lambda peer: (peer.request(), peer.send(start), peer.request())) as server:
        assert post(server.url, read_timeout=0.05) == NoAnswer("read_timeout", True)


def test_a_server_that_does_not_read_is_given_up():
    """Sending has the time that an answer has, not that of connecting, which is too short for large requests on thin lines."""
    done = threading.Event()
    with Server(lambda peer: done.wait(20)) as server:
        reply = post(server.url, bytes(50_000_000), connect_timeout=600, read_timeout=0.1)
        done.set()

    assert reply == NoAnswer("read_timeout", True)


def free_port():
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_nobody_listens():
    """Then it is certain that nothing was sent."""
    assert post(f"http://127.0.0.1:{free_port()}") == NoAnswer("connect", False)
    assert post(f"https://127.0.0.1:{free_port()}") == NoAnswer("connect", False)


def test_a_name_cannot_be_resolved(monkeypatch):
    """An outage of DNS is an outage like any other."""

    def unknown(*_: object, **__: object):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert post("https://capi.invalid") == NoAnswer("dns", False)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems answer for a full queue in other ways")
def test_nobody_accepts_the_connection():
    """A host that is up and does not answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.create_connection(listener.getsockname()):
        reply = post(f"http://127.0.0.1:{listener.getsockname()[1]}", connect_timeout=0.05)

    assert reply == NoAnswer("connect_timeout", False)


@pytest.mark.parametrize(
    "url", ["https://", "ftp://127.0.0.1", "http://127.0.0.1:99999", "http://[::1", f"https://{'a' * 64}.invalid", "no address"]
)
def test_an_address_that_is_none_is_no_answer(url):
    """It cannot come from settings; if it does come, it is not certain what it is, but that nothing was sent."""
    reply = post(url)

    assert isinstance(reply, NoAnswer)
    assert not reply.maybe_sent


def test_a_certificate_that_nobody_signed_is_not_accepted():
    """Whoever sits in between gets neither token nor events."""
    with serve(lambda peer, _: peer.answer(), tls=True) as server:
        assert post(server.url) == NoAnswer("tls", False)
    assert server.requests == []


def test_no_variable_of_the_environment_makes_a_certificate_good(monkeypatch):
    """Requests in a session would take this one."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate()))
    with serve(lambda peer, _: peer.answer(), tls=True) as server:
        assert post(server.url) == NoAnswer("tls", False)


def test_a_server_that_speaks_no_tls():
    """As captive portals do on the port of HTTPS."""
    with serve(lambda peer, _: peer.answer()) as server, Server(lambda peer: peer.send(b"HTTP/1.1 400 No\r\n\r\n")) as other:
        silent = post(server.url.replace("http:", "https:"), connect_timeout=0.05)
        plain = post(other.url.replace("http:", "https:"))

    assert silent == NoAnswer("connect_timeout", False)
    assert plain == NoAnswer("tls", False)


def test_a_handshake_that_breaks_off():
    """Nothing has been sent by then."""
    with Server(lambda peer: (peer.sock.recv(1), peer.reset())) as server:
        assert post(server.url.replace("http:", "https:")) == NoAnswer("reset", False)


@pytest.fixture
def _trusted(monkeypatch):
    """Let the test's own certificate be the only one that is trusted; it is checked as any other."""

    def verify(self, pool, url, verify, cert):
        pool.cert_reqs, pool.ca_certs = "CERT_REQUIRED", str(certificate())

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "cert_verify", verify)
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter,
        "build_connection_pool_key_attributes",
        lambda self, request, verify, cert=None: (
            {"scheme": "https", "host": "127.0.0.1", "port": int(request.url.split(":")[2].split("/")[0])},
            {"cert_reqs": "CERT_REQUIRED", "ca_certs": str(certificate())},
        ),
        raising=False,  # requests before 2.32 has no such method, and asks only the one above
    )


@pytest.mark.usefixtures("_trusted")
def test_the_same_holds_over_tls():
    """Requests and answers, connections that stay, faults and times are no others in TLS."""
    with serve(lambda peer, request: peer.answer(body=b"[1]"), tls=True) as server, Client() as client:
        replies = [client.post(f"{server.url}/", b"x" * 300_000, TOKEN) for _ in range(3)]
        assert replies == [Answer(200, {}, b"[1]", TOKEN)] * 3
        assert server.connections == 1
    with Server(DRIPS["body"], tls=True) as server:
        assert post(server.url, read_timeout=4, clock=ticking()) == NoAnswer("read_timeout", True)
    with Server(lambda peer: (peer.request(), peer.send(HEAD + b"\r\n{")), tls=True) as server:
        assert post(server.url) == NoAnswer("truncated", True)


def test_connections_stay_open():
    """One is enough for requests after each other, whatever their status; the time of one does not count for the next."""
    statuses = iter([200, 503, 422, 429, 401, 200])
    with serve(lambda peer, _: peer.answer(next(statuses))) as server, Client(read_timeout=9, clock=ticking()) as client:
        replies = [client.post(server.url, BODY, TOKEN) for _ in range(6)]

    assert [getattr(reply, "status", reply) for reply in replies] == [200, 503, 422, 429, 401, 200]
    assert server.connections == 1


def test_an_answer_that_is_none_of_pinterests_ends_its_connection():
    """Who knows what else comes over it; the next request goes over a new one."""
    statuses = iter([302, 200])
    with serve(lambda peer, _: peer.answer(next(statuses))) as server, Client() as client:
        replies = [client.post(server.url, BODY, TOKEN) for _ in range(2)]

    assert [getattr(reply, "status", reply) for reply in replies] == [302, 200]
    assert server.connections == 2


@pytest.mark.parametrize("interim", [b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" * 3, b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["103", "102", "100"])
def test_an_interim_answer_is_not_taken_for_the_answer(interim):
    """Nor the answer that follows it for that of the next request (RFC 9110, 15.2)."""
    bodies = iter([b"[1]", b"[2]"])

    def turn(peer, _):
        peer.send(interim)
        peer.answer(body=next(bodies))

    with serve(turn) as server, Client() as client:
        replies = [client.post(server.url, BODY, TOKEN) for _ in range(2)]

    assert [getattr(reply, "body", reply) for reply in replies] == [b"[1]", b"[2]"]


def test_a_connection_that_the_server_closed_meanwhile_loses_nothing():
    """The next request notices, and goes over a new one."""
    closed = threading.Event()

    def turn(peer):
        peer.request()
        peer.answer()
        peer.close()
        closed.set()

    with Server(turn) as server, Client() as client:
        for _ in range(3):
            closed.clear()
            assert client.post(server.url, BODY, TOKEN) == Answer(200, {}, b"{}", TOKEN)
            closed.wait(20)

    assert server.connections == 3


@pytest.mark.parametrize(
    ("turn", "kind"),
    [(DRIPS["body"], "read_timeout"), AFTER_THE_REQUEST["large"], AFTER_THE_REQUEST["too long a header"]],
    ids=["given up", "too large", "no HTTP"],
)
def test_after_a_fault_the_client_goes_on(turn, kind):
    """A connection on which something is left to read is not used again."""

    def fault(peer):
        turn(peer) if kind == "read_timeout" else (peer.request(), turn(peer), peer.request())

    def well(peer):
        while peer.request():
            peer.answer()

    impatient = {"read_timeout": 9, "clock": ticking()} if kind == "read_timeout" else {}
    with Server(fault, well) as server, Client(**impatient) as client:
        replies = [client.post(server.url, BODY, TOKEN) for _ in range(3)]

    assert replies == [NoAnswer(kind, True), *[Answer(200, {}, b"{}", TOKEN)] * 2]
    assert server.connections == 2


def test_threads_share_a_client():
    """Each gets its own answer, and no more connections are made than asked for."""
    with serve(lambda peer, request: peer.answer(body=request.rpartition(b"\r\n")[2])) as server, Client(connections=3) as client:

        def work(number: int) -> bool:
            body = json.dumps(number).encode()
            return all(client.post(server.url, body, TOKEN) == Answer(200, {}, body, TOKEN) for _ in range(20))

        with ThreadPoolExecutor(10) as threads:
            assert all(threads.map(work, range(10)))
    assert server.connections <= 3


def test_what_one_thread_has_sent_is_not_what_another_has():
    """Only the request itself decides whether it may have arrived."""
    with serve(lambda peer, _: peer.answer()) as server, Client() as client:
        client.post(server.url, BODY, TOKEN)
        with ThreadPoolExecutor(1) as threads:
            other = threads.submit(client.post, f"http://127.0.0.1:{free_port()}", BODY, TOKEN).result()
        again = client.post(f"http://127.0.0.1:{free_port()}", BODY, TOKEN)

    assert [other, again] == [NoAnswer("connect", False)] * 2


def test_proxies_of_the_environment_count_only_when_asked_for(monkeypatch):
    """Then NO_PROXY counts too."""
    with serve(lambda peer, _: peer.answer(500)) as proxy, serve(lambda peer, _: peer.answer(200)) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        direct, through = post(server.url), post(server.url, environment_proxies=True)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        around = post(server.url, environment_proxies=True)

    assert [getattr(reply, "status", reply) for reply in (direct, through, around)] == [200, 500, 200]


@pytest.mark.parametrize(
    "turn",
    [
        lambda peer: (peer.request(), peer.answer(407, b"Bearer pina_EXAMPLE")),
        lambda peer: peer.request(),
        lambda peer: peer.reset(),
        lambda peer: (peer.request(), peer.send(b"HTTP/1.1 200 OK\r\n\r\n"), peer.sock.recv(1), peer.reset()),
    ],
    ids=["refuses", "closes", "resets", "breaks the handshake"],
)
def test_a_proxy_that_lets_nothing_through_has_sent_nothing(turn, monkeypatch):
    """What is said to a proxy to get through is no part of the request."""
    with Server(turn) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        reply = post("https://capi.invalid", environment_proxies=True)

    assert isinstance(reply, NoAnswer)
    assert not reply.maybe_sent


def test_an_interrupt_is_no_fault_of_the_network():
    """Ctrl-C ends the program, and leaves no connection behind."""

    def interrupt():
        raise KeyboardInterrupt

    with serve(lambda peer, _: peer.answer()) as server, Client(clock=interrupt) as client, pytest.raises(KeyboardInterrupt):
        client.post(server.url, BODY, TOKEN)


def test_what_the_caller_is_handling_is_not_the_cause():
    """An exception on its way elsewhere hangs on those that are raised meanwhile."""
    try:
        raise ssl.SSLError("elsewhere")
    except ssl.SSLError:
        assert post(f"http://127.0.0.1:{free_port()}") == NoAnswer("connect", False)


def test_requests_is_imported_only_with_a_client():
    """Who only transforms events should not wait for it."""
    program = (
        "import sys; from pinterest_destination.delivery import client, request, result, retry; early = 'requests' in sys.modules;"
        "client.Client().close(); print(early, 'requests' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False True\n"


# Which kind each exception of the libraries is. A new one fails the test until it has a place here.
NAMES = {
    "ProxyError": "connect", "NewConnectionError": "connect", "NameResolutionError": "dns", "SSLError": "tls",
    "ConnectTimeout": "connect_timeout", "ConnectTimeoutError": "connect_timeout", "Timeout": "read_timeout",
    "TimeoutError": "read_timeout", "ReadTimeout": "read_timeout", "ReadTimeoutError": "read_timeout",
    "ChunkedEncodingError": "truncated", "IncompleteRead": "truncated", "InvalidChunkLength": "truncated",
    "ContentDecodingError": "undecodable", "DecodeError": "undecodable", "HeaderParsingError": "undecodable",
    "RequestException": "unexpected", "InvalidJSONError": "unexpected", "JSONDecodeError": "unexpected",
    "HTTPError": "unexpected", "ConnectionError": "unexpected", "ProtocolError": "unexpected", "URLRequired": "unexpected",
    "TooManyRedirects": "unexpected", "MissingSchema": "unexpected", "InvalidSchema": "unexpected", "InvalidURL": "unexpected",
    "InvalidHeader": "unexpected", "InvalidProxyURL": "unexpected", "StreamConsumedError": "unexpected",
    "RetryError": "unexpected", "UnrewindableBodyError": "unexpected", "PoolError": "unexpected", "RequestError": "unexpected",
    "MaxRetryError": "unexpected", "HostChangedError": "unexpected", "TimeoutStateError": "unexpected",
    "EmptyPoolError": "unexpected", "FullPoolError": "unexpected", "ClosedPoolError": "unexpected",
    "LocationValueError": "unexpected", "LocationParseError": "unexpected", "URLSchemeUnknown": "unexpected",
    "ResponseError": "unexpected", "ResponseNotChunked": "unexpected", "BodyNotHttplibCompatible": "unexpected",
    "ProxySchemeUnknown": "unexpected", "ProxySchemeUnsupported": "unexpected",
}  # fmt: skip


def own_exceptions(module):
    """List the exceptions that a module of a library defines, without warnings."""
    members = [member for _, member in inspect.getmembers(module, inspect.isclass)]
    return [m for m in members if m.__module__ == module.__name__ and issubclass(m, Exception) and not issubclass(m, Warning)]


@pytest.mark.parametrize("kind", [*own_exceptions(requests.exceptions), *own_exceptions(urllib3.exceptions)], ids=str)
def test_every_exception_of_the_libraries_has_a_name(kind):
    """However deep it stands inside of those that only wrap it."""
    error = kind.__new__(kind)  # most want arguments that say nothing here
    wrapped = requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", error))

    assert kind_of(error) == kind_of(wrapped) == NAMES[kind.__name__]
    assert NAMES[kind.__name__] in get_args(NoAnswerKind)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(), "dns"),
        (ConnectionRefusedError(), "connect"),
        (ConnectionResetError(), "reset"),
        (BrokenPipeError(), "reset"),
        (http.client.RemoteDisconnected("x"), "reset"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "reset"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "read_timeout"),
        (ssl.SSLCertVerificationError(), "tls"),
        (ssl.SSLEOFError(), "tls"),
        (TimeoutError(), "read_timeout"),
        (http.client.IncompleteRead(b""), "truncated"),
        (http.client.BadStatusLine("x"), "undecodable"),
        (http.client.LineTooLong("header line"), "undecodable"),
        (zlib.error(), "undecodable"),
        (MemoryError(), "unexpected"),
        (ValueError(), "unexpected"),
    ],
    ids=repr,
)
def test_every_cause_has_a_name(error, kind):
    """What the system and the standard library raise, alone or as a cause."""
    outer = RuntimeError("wrapped")
    outer.__cause__ = error
    error.__cause__ = outer  # a circle does no harm

    assert kind_of(error) == kind_of(outer) == kind
