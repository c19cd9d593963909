"""What pytest says at the end does not depend on how many processes ran the tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*arguments, **environment):
    """Run pytest at the top of the checkout, in an environment of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "PINTEREST_BROWSER", "PINTEREST_BROWSER_REQUIRED")}
    return subprocess.run(command, cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("processes", "required", "code"), [("1", "", pytest.ExitCode.OK), ("0", "1", pytest.ExitCode.TESTS_FAILED)], ids=["skipped, elsewhere", "failed, here"]
)
def test_a_missing_browser_is_told(processes, required, code, tmp_path):
    """Loudly, with what to do, whether its tests are skipped or fail."""
    browser = {"PINTEREST_BROWSER": "", "PINTEREST_BROWSER_REQUIRED": required, "PATH": str(tmp_path)}
    done = run("-n", processes, "tests/browser/test_docs.py", "-k", "server", **browser)
    if Path("/Applications/Google Chrome.app").exists():
        pytest.skip("a browser that is found without PATH")  # only on such a Mac: then no browser is missing

    assert done.returncode == code
    assert "browser tests did not run" in done.stdout
    assert "PINTEREST_BROWSER=/path/to/chrome" in done.stdout


def test_a_browser_that_is_named_wrongly_is_told():
    """By that name, and as no missing browser."""
    done = run("-n", "0", "tests/browser/test_docs.py", "-k", "server", PINTEREST_BROWSER="/nowhere/chrome")
    picture = subprocess.run([sys.executable, "tools/playground/screenshot.py"], cwd=ROOT, env={**os.environ, "PINTEREST_BROWSER": "/nowhere/chrome"}, capture_output=True, text=True, check=False)

    for code, told in ((done.returncode, done.stdout), (picture.returncode, picture.stderr)):
        assert code == 1
        assert "PINTEREST_BROWSER is /nowhere/chrome, which is no program that can be run" in told
        assert "Traceback" not in told
    assert "browser tests did not run" not in done.stdout


def test_blessing_is_refused_in_several_processes():
    """They could not name what they wrote."""
    done = run("--bless", "-n", "2", "--collect-only", "tests/test_cases.py")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "leave out -n" in done.stderr
