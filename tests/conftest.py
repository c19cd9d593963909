"""What all tests share: how hard Hypothesis tries (HYPOTHESIS_PROFILE=fast or thorough), and `pytest --bless`."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from pinterest_destination.plan import Plan

settings.register_profile("default", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=10)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

TOUCHED: pytest.StashKey[list[Path]] = pytest.StashKey()
HOW = (
    "No Chromium or Chrome was found, so the page code has not been proved in a real browser. Install one "
    "(Debian: apt-get install chromium), or name yours: PINTEREST_BROWSER=/path/to/chrome"
)


def pytest_addoption(parser):
    """Add the option that records today's answers as the expected ones."""
    parser.addoption("--bless", action="store_true", help="write what the code does into `expected` of the cases in tests/cases; then read it")


def pytest_configure(config):
    """Refuse to bless where nobody reads what was written, and in processes that cannot name it here."""
    config.stash[TOUCHED] = []
    if config.getoption("bless") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--bless works in one process: leave out -n")
    if config.getoption("bless") and os.environ.get("CI"):
        raise pytest.UsageError("--bless does not work where CI is set: answers are blessed by a person who reads them")


@pytest.fixture
def touched(request):
    """The list of files that blessing changed; None without --bless."""
    return request.config.stash[TOUCHED] if request.config.getoption("bless") else None


def pytest_terminal_summary(terminalreporter, config):
    """Name each file that blessing changed, print the figures that were measured, and say loudly what has not been tested."""
    for path in config.stash[TOUCHED]:
        terminalreporter.write_line(f"blessed {path}")
    if figures := [value for report in reports(terminalreporter, "passed", "failed") for name, value in report.user_properties if name == "figure"]:
        terminalreporter.write_sep("-", "figures, measured beside other tests" if config.getoption("numprocesses", None) else "figures")
        terminalreporter.write_line("\n".join(figures))
    if any("no Chromium or Chrome" in report.longreprtext for report in reports(terminalreporter, "skipped", "error")):
        terminalreporter.write_sep("!", "browser tests did not run", red=True, bold=True)
        terminalreporter.write_line(HOW)


def reports(terminalreporter, *outcomes):
    """Give what is reported of tests with one of *outcomes*; with -n it comes from the processes that ran them."""
    return [report for outcome in outcomes for report in terminalreporter.stats.get(outcome, ())]


@pytest.fixture
def refusable(monkeypatch):
    """Make plans give orders with the id "refusable" a `wifi` that is no boolean: what no event and no settings can bring about."""
    convert = Plan.convert

    def broken(self, event, now, **channels):
        calls, events, problems = convert(self, event, now, **channels)
        return calls, [{**made, "wifi": "yes"} if made["custom_data"].get("order_id") == "refusable" else made for made in events], problems

    monkeypatch.setattr(Plan, "convert", broken)
