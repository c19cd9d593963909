"""Takes docs/playground.png: `python tools/playground/screenshot.py`. Needs Chromium, found as the browser tests find it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "playground.png"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def main() -> int:
    """Start the playground, point at a value, and take the picture."""
    browser = os.environ.get("PINTEREST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        print("no Chromium or Chrome; name yours in PINTEREST_BROWSER", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "pinterest_destination", "playground", "--port", "0", "--no-open"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603  # our own command
        try:
            (url,) = re.findall(r"http://[\d.:]+/", server.stdout.readline() if server.stdout else "")
            take(browser, url, Path(sys.argv[1]) if sys.argv[1:] else TARGET)
        finally:
            server.terminate()
    return 0


def take(browser: str, url: str, target: Path) -> None:
    """Take the picture of the playground at *url*."""
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=root)
        page = chromium.new_page(viewport={"width": 1440, "height": 960}, color_scheme="light")
        page.goto(url)
        page.wait_for_selector("#capi button.row")
        page.locator("#results").evaluate("box => box.scrollTop = document.getElementById('capi').closest('section').offsetTop - 310")
        page.locator('#capi button.row:has-text("\\"value\\"")').hover()
        page.screenshot(path=target)
        chromium.close()


if __name__ == "__main__":
    sys.exit(main())
