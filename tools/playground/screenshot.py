"""Takes docs/playground.png: `python tools/playground/screenshot.py`. Needs Chromium, found as the browser tests find it.

What it was taken of is noted in it, so that a test can tell whether the page has changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

from pinterest_destination import Destination
from pinterest_destination.insight.answer import answer
from pinterest_destination.playground.files import files

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "playground.png"
NOTE = b"tEXtComment\0"
NOW = 1768478400
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def main() -> int:
    """Start the playground, point at a value, and take the picture."""
    named = os.environ.get("PINTEREST_BROWSER")
    browser = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if browser is None:
        print(f"PINTEREST_BROWSER is {named}, which is no program that can be run" if named else "no Chromium or Chrome; name yours in PINTEREST_BROWSER", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "pinterest_destination", "playground", "--port", "0", "--no-open"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603  # our own command
        try:
            (url,) = re.findall(r"http://[\d.:]+/", server.stdout.readline() if server.stdout else "")
            take(browser, url, Path(sys.argv[1]) if sys.argv[1:] else TARGET)
        finally:
            server.terminate()
    return 0


def subject() -> str:
    """A digest of all that is in the picture: the page, what it shows of the first example, and how it is taken."""
    known = {name: file.content for name, file in files().items() if name != "examples.json"}
    example = json.loads(files()["examples.json"].content)["examples"][0]
    text = json.dumps(example["event"]).replace("{now}", "2026-01-15T12:00:00Z")
    made = answer(Destination(example["settings"], clock=lambda: NOW), json.loads(text))
    shown = json.dumps([example["description"], text, made], sort_keys=True).encode()
    parts = [*(known[name] for name in sorted(known)), shown, Path(__file__).read_bytes()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def with_note(picture: bytes, note: str) -> bytes:
    """Note a text in a PNG picture, behind its head (PNG, tEXt)."""
    chunk = NOTE + note.encode("ascii")
    return picture[:33] + (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + picture[33:]


def noted(picture: bytes) -> str:
    """Read the text back; "" if there is none."""
    if picture[37 : 37 + len(NOTE)] != NOTE:
        return ""
    length = int.from_bytes(picture[33:37], "big")
    return picture[37 + len(NOTE) : 41 + length].decode("ascii")


def take(browser: str, url: str, target: Path) -> None:
    """Take the picture of the playground at *url*."""
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=root)
        page = chromium.new_page(viewport={"width": 1440, "height": 960}, color_scheme="light", reduced_motion="reduce")
        page.goto(url)
        page.wait_for_selector("#capi button.row")
        page.locator("#results").evaluate("box => box.scrollTop = document.getElementById('capi').closest('section').offsetTop - 310")
        page.locator('#capi button.row:has-text("\\"value\\"")').hover()
        target.write_bytes(with_note(page.screenshot(), subject()))
        chromium.close()


if __name__ == "__main__":
    sys.exit(main())
