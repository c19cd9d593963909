"""docs/browser.md: its code is what the functions give, its template and its server work."""

import re
import shlex
import threading
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jinja2
import pytest
from click.testing import CliRunner

from pinterest_destination import Destination
from pinterest_destination.cli.app import app

from .reading import calls, read

TEXT = (Path(__file__).parents[2] / "docs" / "browser.md").read_text("utf-8")


def block(language: str) -> str:
    """The page's block in one language; there is one of each."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


class Quiet(WSGIRequestHandler):
    """A handler that keeps no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def shop():
    """The server of the page, on this machine; gives its address."""
    names: dict[str, Any] = {"__name__": "docs"}
    exec(block("python"), names)  # noqa: S102  # our own text
    with make_server("127.0.0.1", 0, names["shop"], handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_snippet_is_what_the_command_prints(tmp_path, monkeypatch):
    """To the letter, for the tag of the page."""
    monkeypatch.chdir(tmp_path)
    Path("settings.json").write_text('{"tag_id": "2612345678901"}')
    _, *words = shlex.split(block("sh"))

    assert CliRunner().invoke(app, words).stdout == block("html")


def test_the_template_gives_start_and_event():
    """With the nonce on both, and without escaping them again."""
    destination = Destination({"tag_id": "2612345678901"})
    conversion = destination.transform({"type": "track", "event": "Order Completed", "messageId": "m-1"})
    visitor = {"email": "jane@example.com"}

    made = jinja2.Environment(autoescape=True).from_string(block("jinja")).render(destination=destination, conversion=conversion, visitor=visitor, csp_nonce="abc")
    found = read(re.sub(r"</?body>|<h1>.*</h1>", "", made))

    assert found.nonces == ["abc", "abc"]
    assert [call for script in found.scripts for call in calls(script)] == [*destination.page_load(visitor), *conversion.pintrk]


@pytest.mark.parametrize(("index", "works"), [(0, True), (1, True), (2, False)])
def test_a_nonce_may_be_an_expression_without_quotes(tmp_path, index, works):
    """The three that the page names: each of the first two makes a template that gives the nonce; the last is escaped, and so no template."""
    nonce = re.findall(r"\{\{ (?:request.*?|csp_nonce) \}\}(?=['`])", TEXT)[index]
    settings = tmp_path / "settings.json"
    settings.write_text('{"tag_id": "2612345678901"}')
    code = CliRunner().invoke(app, ["page", "-s", str(settings), "--nonce", nonce]).stdout
    template = jinja2.Environment(autoescape=True)

    if works:
        assert read(template.from_string(code).render(csp_nonce="abc", request={"csp_nonce": "abc"})).nonces == ["abc"]
    else:
        assert '"{{ request[&quot;csp_nonce&quot;] }}"' in code
        with pytest.raises(jinja2.TemplateSyntaxError):
            template.from_string(code)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_server_works_under_its_policy(visit, shop, javascript):
    """In a real browser, which gets page, policy and nonce from the server itself."""
    seen = visit(url=shop, javascript=javascript)

    assert [call[0] for call in seen.calls] == (["load", "page", "track"] if javascript else [])
    assert [image["event"].lower() for image in seen.images] == ["init", "checkout"]
    assert (seen.errors, seen.strays) == ([], [])
    if javascript:
        assert seen.calls[2][2]["coupon"] == "</script>"
    else:
        assert seen.images[1]["ed[coupon]"] == "</script>"
