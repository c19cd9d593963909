"""The package's public names: there, complete, and cheap until they are used."""

import ast
import importlib
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pinterest_destination as package

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", package.__all__)
def test_each_name_is_the_one_that_its_home_defines(name):
    home = importlib.import_module(package._HOMES[name], package.__name__)

    assert getattr(package, name) is getattr(home, name)
    assert getattr(package, name).__module__ == home.__name__


def test_all_lists_what_is_public_and_nothing_else():
    for name in package.__all__:
        getattr(package, name)
    public = {name for name, value in vars(package).items() if not name.startswith("_") and not isinstance(value, ModuleType)}

    assert sorted(public - {"TYPE_CHECKING"}) == package.__all__


def test_type_checkers_see_the_same_names_from_the_same_homes():
    tree = ast.parse(Path(package.__file__).read_text("utf-8"))
    seen = {
        alias.name: "." * node.level + (node.module or "")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }

    assert seen == package._HOMES
    assert sorted(seen) == package.__all__


def test_dir_lists_the_public_names():
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("name", ["Nonsense", "errors_", "_hidden"])
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'pinterest_destination' has no attribute '{name}'"):
        getattr(package, name)


def test_importing_the_package_alone_loads_no_dependency():
    code = (
        "import sys, pinterest_destination;"
        "print(*{'attrs', 'attr', 'cattrs', 'click', 'jsonschema', 'requests', 'rich'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.split() == []


def test_python_dash_m_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pinterest-destination", "--version"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("pinterest_destination", run_name="__main__", alter_sys=True)

    assert end.value.code == 0
    assert package.__version__ in capsys.readouterr().out
