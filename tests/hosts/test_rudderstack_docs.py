"""docs/hosts/rudderstack.md: its program answers and delivers, prints what the page says, and its tables are complete."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .fixtures import load

PAGE = (Path(__file__).parents[2] / "docs" / "hosts" / "rudderstack.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def program():
    """The transformer of the page."""
    names: dict[str, Any] = {}
    exec(BLOCKS[0][1], names)  # noqa: S102  # our own text
    yield names
    names["CLIENT"].close()


def test_the_example_prints_what_the_page_says(program, capsys):
    """From the router's call to Pinterest's answer, over a socket."""
    exec(BLOCKS[1][1], program)  # noqa: S102  # as above

    assert [kind for kind, _ in BLOCKS] == ["python", "python", "text"]
    assert capsys.readouterr().out == BLOCKS[2][1]


def test_the_transformer_of_the_page_answers_every_call(program):
    """Processor, compacted form, filtered events and both proxies, each with the header that rudder-server wants."""
    event = {"message": {"type": "identify"}, "metadata": {"jobId": 1, "destinationId": "d-1"}}
    body = json.dumps({"input": [event], "destinations": {"d-1": {"Config": {"advertiserId": "1"}}}})
    headers = {"x-feature-filter-code": "?1", "x-content-format": "json+compactedv1"}

    answers = [program["answer"]("/v0/destinations/pinterest_tag", headers, body)]
    answers += [program["answer"](f"/v{n}/destinations/pinterest_tag/proxy", {}, '{"metadata": [{"jobId": 1}]}') for n in (0, 1)]

    assert [status for status, _, _ in answers] == [200, 400, 200]
    assert {headers["apiVersion"] for _, headers, _ in answers} == {"2"}
    assert json.loads(answers[0][2])[0]["statusCode"] == 298


def test_every_difference_stands_in_the_page():
    """And every fixture that the page links to is there."""
    shown = {call: [made.name for made in load("rudderstack", call) if "original" in made.document] for call in ("processor", "router", "proxy")}

    linked = re.findall(r"\]\(\.\./\.\./tests/hosts/rudderstack/(\w+)/(\w+)\.json\)", PAGE)
    assert linked == [(call, name) for call, names in shown.items() for name in names]
    assert len(linked) > 30
