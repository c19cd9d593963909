"""Cases that show what other Pinterest destinations do, from the folder that PINTEREST_CONFORMANCE names.

They are facts to compare with and no part of this project: its README says what must be equal. Without the folder
these tests are skipped, and say so.
"""

import importlib.util
import os
from pathlib import Path

import pytest

FOLDER = os.environ.get("PINTEREST_CONFORMANCE")


@pytest.fixture(scope="session")
def compare():
    """The folder's own comparison: it takes the deliberate differences away."""
    assert FOLDER
    spec = importlib.util.spec_from_file_location("conformance_compare", Path(FOLDER) / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_generate_tests(metafunc):
    """One test for each row of the file that the test module names; a skipped one where there is no folder."""
    if "row" not in metafunc.fixturenames:
        return
    if FOLDER is None:
        skipped = pytest.param(None, marks=pytest.mark.skip(reason="PINTEREST_CONFORMANCE names no folder of cases"))
        metafunc.parametrize("row", [skipped], ids=["no folder"])
        return
    rows = metafunc.module.rows(Path(FOLDER))
    metafunc.parametrize("row", rows, ids=[row["name"] for row in rows])
