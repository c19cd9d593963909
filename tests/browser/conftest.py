"""A real browser, one for all tests, and pages opened in it. Nothing leaves the machine: only what `Visit` answers is there."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import define, field
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Route, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
CORE = (Path(__file__).parent / "core.js").read_text("utf-8")
PAGE = "https://shop.example.com/"
PIXEL = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
OFF_LINE = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # whatever a test or the browser itself might ask for
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str | None:
    """The browser to use: PINTEREST_BROWSER, or what is installed under a usual name. A name that nothing has fails the test."""
    named = os.environ.get("PINTEREST_BROWSER")
    if named and not shutil.which(named):
        pytest.fail(f"PINTEREST_BROWSER is {named}, which is no program that can be run", pytrace=False)
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium. Without one the test is skipped, or fails where PINTEREST_BROWSER_REQUIRED is set."""
    path = find()
    if path is None:
        (pytest.fail if os.environ.get("PINTEREST_BROWSER_REQUIRED") else pytest.skip)("no Chromium or Chrome")  # tests/conftest.py says it loudly
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*OFF_LINE, *root])
        yield browser
        browser.close()


@pytest.fixture
def figure(record_property):
    """Tell a figure at the end of the run, in milliseconds, with what is wanted of it, if anything is."""

    def figure(what: str, milliseconds: float, wanted: int | None = None) -> None:
        aim = f" (wanted: {wanted} ms)" if wanted else ""
        record_property("figure", f"{what}: {milliseconds:.0f} ms{aim}")

    return figure


@define(slots=False)  # Playwright keeps something of its own on the object of a handler
class Visit:
    """A page that was opened: what its code did, in order."""

    html: str
    headers: dict[str, str]
    calls: list[list[Any]] = field(factory=list)
    """What the stand-in for Pinterest's library was called with."""
    images: list[dict[str, str]] = field(factory=list)
    """The query of each request to ct.pinterest.com."""
    cores: int = 0
    """How often the library was fetched."""
    strays: list[str] = field(factory=list)
    """Every other address that was asked for, and blocked."""
    errors: list[str] = field(factory=list)
    """Exceptions and error messages of the page, and dialogs."""
    scripts: int = 0
    """How many script elements the page has; unknown, 0, without JavaScript."""
    late: Route | None = None

    def answer(self, route: Route) -> None:
        """Answer one request of the browser."""
        address = urlsplit(route.request.url)
        if route.request.url == PAGE:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8", headers={**self.headers, "content-type": "text/html; charset=utf-8"})
        elif route.request.url == "https://s.pinimg.com/ct/core.js":
            self.cores += 1
            route.fulfill(body=CORE, content_type="text/javascript")
        elif (address.scheme, address.hostname, address.path) == ("https", "ct.pinterest.com", "/v3/"):
            self.images.append(dict(parse_qsl(address.query, keep_blank_values=True, strict_parsing=True, encoding="utf-8", errors="strict")))
            route.fulfill(body=PIXEL, content_type="image/gif")
        elif address.path == "/after-page.js":
            self.late = route  # `called` answers it
        elif address.hostname == "127.0.0.1" and self.html == "":
            route.continue_()
        else:
            if address.path != "/favicon.ico":
                self.strays.append(route.request.url)
            route.abort()

    def called(self, text: str) -> None:
        """Take down one call."""
        self.calls.append(json.loads(text))
        if self.calls[-1][0] == "page" and self.late:
            self.late.fulfill(body="", content_type="text/javascript")
            self.late = None

    def said(self, message: ConsoleMessage) -> None:
        """Take down an error message, such as of a policy that blocks."""
        if message.type == "error":
            self.errors.append(message.text)

    def asked(self, dialog: Dialog) -> None:
        """Take down a dialog, and close it."""
        self.errors.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def watch(self, context: BrowserContext) -> None:
        """Take part in all that happens in *context*."""
        context.route("**/*", self.answer)
        context.expose_binding("reportCall", lambda source, text: self.called(text))
        context.expose_binding("pwned", lambda source, *words: self.errors.append(f"pwned {words}"))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", self.said)
        context.on("dialog", self.asked)


@pytest.fixture
def visit(chromium):
    """Open a page: HTML, or the address of a server on this machine; gives the `Visit` once it has loaded, images and all."""
    with contextlib.ExitStack() as stack:

        def visit(html: str = "", *, url: str = PAGE, javascript: bool = True, csp: str = "") -> Visit:
            made = Visit(html, {"content-security-policy": csp} if csp else {})
            context = stack.enter_context(chromium.new_context(java_script_enabled=javascript, service_workers="block"))
            made.watch(context)
            page = context.new_page()
            page.goto(url, wait_until="load")
            made.scripts = page.locator("script").count() if javascript else 0
            context.close()
            return made

        yield visit
