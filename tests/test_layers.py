"""A module imports only from those before it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pinterest_destination"
ORDER = (
    "errors", "_resources", "identity", "rules", "settings", "plan", "browser",
    "destination", "delivery", "insight", "playground", "hosts", "testing", "cli",
)  # fmt: skip
BESIDES = {"_json": "_resources", "_quick": "_resources", "_normal": "identity", "_tables": "identity", "_strict": "destination"}  # private modules that belong to a layer
EXEMPT = {"__init__.py", "__main__.py"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).as_posix() not in EXEMPT)


def layer(name: str) -> int:
    name = BESIDES.get(name, name)
    assert name in ORDER, f"{name} has no place in ORDER"
    return ORDER.index(name)


def imported(module: Path) -> Iterator[tuple[int, str]]:
    """Line and layer of each import from the package; one inside a function, or for type checkers, counts as well."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            base: list[str] = []
        elif isinstance(node, ast.ImportFrom):
            home = module.relative_to(PACKAGE.parent).parts[: -node.level] if node.level else ()
            base = [*home, *(node.module.split(".") if node.module else ())]
        else:
            continue
        for alias in node.names:
            target = [*base, *alias.name.split("."), "the package itself"]
            if target[0] == PACKAGE.name and target[1] != "__version__":
                yield node.lineno, target[1]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_those_before_it(module):
    own = module.relative_to(PACKAGE).parts[0].removesuffix(".py")

    upwards = [f"{module}:{line}: {own} imports {name}" for line, name in imported(module) if layer(name) > layer(own)]

    assert upwards == []
