"""The sandbox as users' tests get it: a pytest fixture, and the names beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pinterest_destination.testing as package
from pinterest_destination.delivery import sandbox as home
from pinterest_destination.testing import pinterest_sandbox, sandbox_fixture  # noqa: F401

ROOT = Path(__file__).parents[1]

open_sandbox = sandbox_fixture(scope="module", token=None)


def test_a_test_gets_a_sandbox_of_its_own(pinterest_sandbox):  # noqa: F811
    """It listens, and nothing has arrived yet."""
    assert pinterest_sandbox.url.startswith("http://127.0.0.1:")
    assert pinterest_sandbox.received == ()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_fixture_may_be_shared_and_have_options(open_sandbox, turn):
    """Scope and options are those that it was made with."""
    open_sandbox.script(package.Fault(status=503))

    assert len(open_sandbox.scripted) == turn


def test_the_names_are_the_sandboxes_own():
    """`Sandbox`, `Fault` and `Received` can be had beside the fixture; what is not there is an attribute error."""
    assert (package.Sandbox, package.Fault, package.Received) == (home.Sandbox, home.Fault, home.Received)
    for name in package.__all__:
        getattr(package, name)
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = package.Nonsense  # type: ignore[attr-defined]


def test_cases_need_neither_pytest_nor_the_extra():
    """Fixtures of mappings can be run where neither is installed."""
    code = "import sys; sys.modules.update(pytest=None, jsonschema_rs=None, cheroot=None); from pinterest_destination.testing import load_case, Fault; print(load_case.__name__)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (result.stdout, result.stderr) == ("load_case\n", "")


def test_one_line_in_conftest_is_enough(tmp_path):
    """A project of its own, as docs/sandbox.md shows it."""
    (tmp_path / "conftest.py").write_text("from pinterest_destination.testing import pinterest_sandbox\n")
    (tmp_path / "test_it.py").write_text("def test_it(pinterest_sandbox):\n    assert pinterest_sandbox.accepted == ()\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
