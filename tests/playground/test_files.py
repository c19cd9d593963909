"""The playground's files: what was built is what would be built now, the page stands by its policy, and every link leads somewhere."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinterest_destination.cli.app import app
from pinterest_destination.hosts.serving import Running, Where
from pinterest_destination.playground.files import HEADERS, PAGE, POLICY, TYPES, files

from ..hosts.http_service import order, running

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "pinterest_destination" / "playground"
TOOLS = ROOT / "tools" / "playground"
EXPLAIN = "/v1/explain"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The HTTP service."""
    with running(tmp_path_factory.mktemp("playground") / "log") as made:
        yield made


UNREACHABLE = 69
"""Exit code of build.sh where npm cannot get the packages."""


def tool(name):
    """One of the scripts in tools/playground, as a module."""
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def build(folder, **environment):
    """Run build.sh."""
    return subprocess.run([str(TOOLS / "build.sh"), str(folder)], check=False, capture_output=True, text=True, timeout=300, env={**os.environ, **environment})  # our own script


# -- what is built


def test_the_editor_is_what_its_script_makes(tmp_path):
    """Byte for byte. Needs npm and its packages; without these nothing is proved, which is a failure where PINTEREST_NPM_REQUIRED is set, and said elsewhere."""
    if shutil.which("npm") is None:
        (pytest.fail if os.environ.get("PINTEREST_NPM_REQUIRED") else pytest.skip)("no npm, so nobody has proved that playground/editor.js is what tools/playground/build.sh makes")
    made = build(tmp_path)
    if made.returncode == UNREACHABLE:
        (pytest.fail if os.environ.get("PINTEREST_NPM_REQUIRED") else pytest.skip)(f"nobody has proved that playground/editor.js is what tools/playground/build.sh makes: {made.stderr.strip().splitlines()[-1]}")
    assert made.returncode == 0, made.stderr

    for name in ("editor.js", "editor-licenses.txt"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), f"{name} is out of date: run tools/playground/build.sh"


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm")
def test_a_registry_out_of_reach_is_told(tmp_path):
    """With an exit code of its own, and nothing is written."""
    made = build(tmp_path / "out", npm_config_registry="http://127.0.0.1:9/", npm_config_cache=str(tmp_path / "cache"), npm_config_fetch_retries="0")

    assert made.returncode == UNREACHABLE
    assert made.stderr.splitlines()[-1] == "build.sh: npm could not get the packages: is http://127.0.0.1:9/ within reach?"
    assert list((tmp_path / "out").iterdir()) == []


def test_the_picture_is_of_the_page_as_it_is():
    """What it was taken of is noted in it, by a digest; if the page has changed, it must be taken anew."""
    script = tool("screenshot")

    assert script.noted((ROOT / "docs" / "playground.png").read_bytes()) == script.subject(), "docs/playground.png is out of date: run `make screenshot`"


def test_a_picture_without_a_note_is_of_nothing():
    """Nor is what is no picture; a note is read where it was written, and nothing else of the picture changes."""
    script = tool("screenshot")
    picture = (ROOT / "docs" / "playground.png").read_bytes()
    start, end = picture[:33], picture[picture.index(b"IDAT") - 4 :]

    assert script.noted(start + end) == ""
    assert script.noted(b"text") == ""
    assert script.noted(script.with_note(start + end, "abc")) == "abc"
    assert script.with_note(start + end, "abc").endswith(end)


def test_the_examples_are_what_their_script_makes():
    """Of the fixtures, as they are now, and some for each spec that can stand alone."""
    script = tool("examples")

    assert (FOLDER / "examples.json").read_text("utf-8") == script.library(), "run tools/playground/examples.py"
    assert {row.spec for row in script.LIBRARY} == {path.stem for path in (ROOT / "mappings" / "specs").glob("*.json")}


# -- what is served


def test_the_page_and_its_files_are_served(service):
    """Each with its type, under the policy."""
    for name, file in files().items():
        reply = service.get(f"/playground/{name}")
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, file.content, file.media_type)
        assert {key: reply.headers[key.lower()] for key in HEADERS} == dict(HEADERS)
    assert service.get("/").body == (FOLDER / PAGE).read_bytes()


@pytest.mark.parametrize("name", ["", "no.js", "files.py", "__init__.py", "../files.py", "%2e%2e/files.py", "src/../files.py", "src", "src/", "//etc/passwd"])
def test_nothing_else_is_served(service, name):
    """Only what was read in the beginning has a name."""
    assert service.get(f"/playground/{name}").status == 404


def test_the_policy_allows_no_code_but_that_of_files():
    """Nor anything from elsewhere, nor style that is not in a file."""
    assert "default-src 'none'; script-src 'self';" in POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("src/") or name in (PAGE, "playground.css")])
def test_no_file_breaks_the_policy(name):
    """No inline script, style or handler, nothing parsed as HTML, no address of others; every file that is named is there."""
    text = files()[name].content.decode("utf-8")
    base = "src/" if name.startswith("src/") else ""
    links = re.findall(r'(?:src|href)="/playground/([^"]+)"', text) + [os.path.normpath(base + link) for link in re.findall(r'from "(\.[^"]+)"', text)]

    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:|@import", text) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []
    assert [address for address in re.findall(r"https?://[^\s\"']+", text) if not address.startswith("http://www.w3.org/")] == []
    assert [link for link in links if link not in files()] == []


def test_the_page_asks_for_all_of_its_code_at_once():
    """One module after the other, as each names the next, it would be there later."""
    scripts = sorted(name for name in files() if name.endswith(".js"))
    page = files()[PAGE].content.decode("utf-8")

    assert sorted(re.findall(r'<(?:link rel="modulepreload" href|script type="module" src)="/playground/([^"]+)"', page)) == scripts


def test_every_file_of_the_folder_has_a_type():
    """One without is not served."""
    strangers = [path.name for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in {*TYPES, ".py", ".pyc"}]

    assert strangers == []


# -- POST /v1/explain


def test_an_event_is_explained(service):
    """With payloads and sources."""
    reply = service.post(EXPLAIN, {"settings": {"tag_id": "2612345678901"}, "event": order(1)})

    assert reply.status == 200
    assert reply.json["pintrk"][0][1] == "Checkout"
    assert reply.json["matching"]["deduplication"][0]["state"] == "once"
    assert service.lines()[-1]["results"] == {"good": 1}


def test_an_event_that_is_refused_is_counted(service):
    """As with the other routes."""
    assert service.post(EXPLAIN, {"settings": {}, "event": {"type": "nothing"}}).status == 200
    assert service.lines()[-1]["results"] == {"refused": 1}


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ([], 400, "invalid_request", ""),
        ({"settings": {}, "event": {}, "more": 1}, 400, "invalid_request", ""),
        ({"event": {}}, 400, "invalid_request", "/settings"),
        ({"settings": {}}, 400, "invalid_request", "/event"),
        ({"settings": {"tag_id": 7.5}, "event": {}}, 422, "invalid_settings", "/settings/tag_id"),
        ({"settings": {"tag_id": {"env": "HOME"}}, "event": {}}, 422, "invalid_settings", "/settings/tag_id"),
        ({"settings": "shop", "event": {}}, 404, "unknown_settings", "/settings"),
    ],
)
def test_what_cannot_be_explained_is_told(service, body, status, code, pointer):
    """With a code and a place."""
    reply = service.post(EXPLAIN, body)

    assert (reply.status, reply.json["error"]["code"], reply.json["error"]["pointer"]) == (status, code, pointer)


# -- the command


def test_the_command_serves_on_this_machine_alone(monkeypatch):
    """With one process, and tells where; the browser opens unless told otherwise."""
    served: list[tuple[Where, bool]] = []
    opened: list[str] = []

    def serve(where, options, ready):
        served.append((where, options.quiet))
        ready(Running("http://127.0.0.1:9092", "", 1))

    monkeypatch.setattr("pinterest_destination.hosts.serving.serve", serve)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    shown = CliRunner().invoke(app, ["playground", "--no-open"])
    CliRunner().invoke(app, ["playground", "--port", "0"])

    assert shown.output == "playground at http://127.0.0.1:9092/. Ctrl-C ends it.\n"
    assert opened == ["http://127.0.0.1:9092/"]
    assert [(where.host, where.port, where.metrics_port, where.workers, quiet) for where, quiet in served] == [("127.0.0.1", 9092, 0, 1, True), ("127.0.0.1", 0, 0, 1, True)]


def test_the_command_says_what_it_needs(monkeypatch):
    """The extra `server`."""
    monkeypatch.setitem(sys.modules, "pinterest_destination.hosts.serving", None)
    shown = CliRunner().invoke(app, ["playground"])

    assert shown.exit_code == 2
    assert "pip install 'pinterest-destination[server]'" in shown.output
