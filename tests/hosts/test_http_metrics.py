"""The numbers: right, bounded, those of all processes, and in the form that Prometheus reads."""

import http.client
import os
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pinterest_destination import __version__
from pinterest_destination.hosts import _http_metrics as metrics
from pinterest_destination.hosts._http_metrics_server import MetricsServer
from pinterest_destination.hosts._http_sockets import listen
from pinterest_destination.hosts.http import LABELS

from .http_service import PROCESS, ROUTE, TRANSFORM, job, order

PROCESSOR = "/{version}/destinations/{destination}"


def samples(board):
    """The page as Prometheus' own parser reads it: name and labels with the value."""
    families = text_string_to_metric_families(board.page().decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


@pytest.fixture
def board():
    """Numbers of three processes."""
    return metrics.Board(("/a", "/b"), 3)


def test_numbers_are_those_of_all_processes(board):
    """Whichever counted them, and at once."""
    for number in range(2):
        board.row(number).add(metrics.REQUESTS, "/a", "200")
    child = os.fork()
    if child == 0:
        board.row(2).add(metrics.REQUESTS, "/a", "200", amount=5)
        os._exit(0)
    os.waitpid(child, 0)

    assert samples(board)[metrics.REQUESTS, "/a", "200"] == 7
    assert samples(board)[metrics.REQUESTS, "/b", "200"] == 0


def test_a_process_that_replaces_another_goes_on_counting(board):
    """A counter never falls."""
    board.row(1).add(metrics.EVENTS, "/a", amount=3)
    board.row(1).add(metrics.EVENTS, "/a")

    assert board.value(metrics.EVENTS, "/a") == 4


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0, "0.001"), (0.001, "0.001"), (0.0011, "0.0025"), (0.2, "0.25"), (30.0, "30"), (31.0, "+Inf")])
def test_a_time_is_in_its_bucket_and_all_above(board, seconds, bucket):
    """Sum and count go with it."""
    board.row(0).observe(metrics.SECONDS, "/a", seconds)
    found = samples(board)
    bounds = [*(f"{bound:g}" for bound in metrics.BUCKETS), "+Inf"]

    assert [found[f"{metrics.SECONDS}_bucket", "/a", bound] for bound in bounds] == [0.0] * bounds.index(bucket) + [1.0] * (len(bounds) - bounds.index(bucket))
    assert (found[f"{metrics.SECONDS}_sum", "/a"], found[f"{metrics.SECONDS}_count", "/a"]) == (seconds, 1)


def test_a_label_that_is_in_no_table_is_a_mistake(board):
    """No request can make a series."""
    with pytest.raises(KeyError):
        board.row(0).add(metrics.REQUESTS, "/users/ann@example.com", "200")


@pytest.mark.parametrize(("status", "label"), [(200, "200"), (413, "413"), (418, "4xx"), (204, "2xx"), (302, "3xx"), (599, "5xx"), (100, "2xx"), (999, "5xx")])
def test_any_status_has_a_label(status, label):
    """Its own, or that of its class."""
    assert metrics.status_label(status) == label


def test_every_family_has_a_type_and_words(board):
    """As Prometheus wants it, histograms with all their parts."""
    families = {family.name: family for family in text_string_to_metric_families(board.page().decode())}

    assert all(family.documentation for family in families.values())
    assert families[metrics.SECONDS].type == "histogram"
    assert families[metrics.WORKERS].type == "gauge"
    assert families[metrics.REQUESTS.removesuffix("_total")].type == "counter"


def test_what_is_known_from_the_start(board):
    """The start, the version, and the number of workers."""
    metrics.start(board, 2, 2, now=1_768_478_400.0)
    found = samples(board)

    assert (found[(metrics.STARTED,)], found[(metrics.WORKERS,)], found[metrics.BUILD, __version__]) == (1_768_478_400.0, 2, 1)


def test_requests_are_counted(service):
    """By route and status, with their events and what became of them, whatever their path was."""
    service.post(PROCESS, [job(1), job(2, message=None)])
    service.post("/v7/destinations/PINTEREST_TAG", [job(3, message=order(3, type="identify"))], x_feature_filter_code="?1")
    service.post("/v0/destinations/ann@example.com", [])
    service.post(ROUTE, {"input": [job(1), job(2)]})
    service.post(TRANSFORM, {"settings": {}, "events": [order(1), 5]})
    service.get("/ann@example.com?token=pina_SECRET")
    service.get("/health?token=pina_SECRET")
    found = samples(service.board)

    assert found[metrics.REQUESTS, PROCESSOR, "200"] == 2
    assert found[metrics.REQUESTS, PROCESSOR, "404"] == 1
    assert found[metrics.REQUESTS, "other", "404"] == 1
    assert found[metrics.EVENTS, PROCESSOR] == 3
    assert [found[metrics.RESULTS, PROCESSOR, outcome] for outcome in metrics.OUTCOMES] == [1, 1, 1, 0]
    assert found[metrics.RESULTS, ROUTE, "good"] == 2
    assert [found[metrics.RESULTS, TRANSFORM, outcome] for outcome in metrics.OUTCOMES] == [1, 0, 1, 0]
    assert found[f"{metrics.SECONDS}_count", PROCESSOR] == 3
    assert found[metrics.RECEIVED, ROUTE] > 500
    assert found[metrics.SENT, ROUTE] > 500
    assert (found[(metrics.IN_FLIGHT,)], found[(metrics.CACHED,)]) == (0, 2)


def test_labels_are_bounded(service):
    """No path, however many are asked for, makes one more series."""
    before = len(samples(service.board))
    for number in range(50):
        service.get(f"/path/{number}")
        service.post(f"/v{number}/destinations/d{number}", [])
    after = samples(service.board)

    assert len(after) == before
    assert {labels[0] for name, *labels in after if name == metrics.REQUESTS} == set(LABELS)


@pytest.fixture
def page(board):
    """The server of the page, in a thread."""
    (listener,) = listen("127.0.0.1", 0)
    server = MetricsServer(board, listener)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield listener.getsockname()[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "status"), [("/metrics", 200), ("/metrics?name=x", 200), ("/", 404), ("/health", 404)])
def test_the_page_has_its_own_port(page, board, path, status):
    """And nothing else is there."""
    connection = http.client.HTTPConnection("127.0.0.1", page, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()

    assert answer.status == status
    assert (body == board.page()) is (status == 200)
    assert answer.getheader("Content-Type") == (metrics.TYPE if status == 200 else "text/plain; charset=utf-8")
