"""What ships: every module, every JSON document, and no dependency that was not asked for."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import pinterest_destination

ROOT = Path(__file__).parents[1]
PACKAGE = "pinterest_destination"
DATA = ("mappings", "schemas")

CONFIG = ConfigParser(delimiters=("=",))
CONFIG.read(ROOT / "setup.cfg", "utf-8")


def lines(section: str, key: str) -> list[str]:
    return CONFIG[section][key].split("\n")[1:]


def requirement_names(requirements: list[str]) -> list[str]:
    return sorted(re.split(r"[^\w-]", requirement, maxsplit=1)[0] for requirement in requirements)


def test_the_package_list_equals_the_folders_on_disk():
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / PACKAGE).rglob("*.py")}
    expected = {".".join(folder.parts) for folder in folders} | {f"{PACKAGE}.{name}" for name in DATA}

    assert lines("options", "packages") == sorted(expected)


def test_each_python_folder_is_a_package_with_an_init():
    folders = {path.parent for path in (ROOT / PACKAGE).rglob("*.py")}

    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("name", DATA)
def test_a_data_folder_is_shipped_inside_the_package_and_holds_json_only(name):
    strangers = [
        path
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".json" and not path.name.startswith(".")
    ]

    assert strangers == []
    assert f"{PACKAGE}.{name} = {name}" in lines("options", "package_dir")
    assert CONFIG["options.package_data"][f"{PACKAGE}.{name}"] == "**/*.json"


def test_the_core_needs_exactly_four_libraries():
    assert requirement_names(lines("options", "install_requires")) == ["attrs", "cattrs", "jsonschema", "requests"]


def test_the_command_line_needs_only_its_extra():
    assert requirement_names(lines("options.extras_require", "cli")) == ["click", "rich"]


# What follows builds the distribution once, from a copy: an sdist, and the wheel from that sdist.
# Without isolation: quick, and needs no network (setuptools comes with the extra "test").


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    source = tmp_path_factory.mktemp("build") / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__"))
    (source / "mappings" / ".DS_Store").touch()
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(source / "dist"), str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return source / "dist"


@pytest.fixture(scope="module")
def wheel(dist):
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def metadata(wheel: zipfile.ZipFile) -> Message:
    (path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(path).decode())


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
def test_the_wheel_holds_each_json_document_unchanged(wheel, name):
    documents = {f"{PACKAGE}/{path.relative_to(ROOT).as_posix()}": path for path in (ROOT / name).rglob("*.json")}
    shipped = {path for path in wheel.namelist() if path.startswith(f"{PACKAGE}/{name}/")}

    assert documents
    assert shipped == set(documents)
    assert [path for path in shipped if wheel.read(path) != documents[path].read_bytes()] == []


@pytest.mark.slow
def test_the_wheel_holds_each_module_and_the_typing_marker(wheel):
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py")}
    shipped = {path for path in wheel.namelist() if path.startswith(f"{PACKAGE}/") and not path.endswith(".json")}

    assert {path for path in shipped if not path.startswith(f"{PACKAGE}/playground/")} == {name for name in modules if not name.startswith(f"{PACKAGE}/playground/")} | {f"{PACKAGE}/py.typed"}


@pytest.mark.slow
def test_the_wheel_holds_each_file_of_the_playground_unchanged(wheel):
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / PACKAGE / "playground").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    shipped = {path for path in wheel.namelist() if path.startswith(f"{PACKAGE}/playground/")}

    assert f"{PACKAGE}/playground/index.html" in files
    assert shipped == set(files)
    assert [path for path in shipped if wheel.read(path) != files[path].read_bytes()] == []


@pytest.mark.slow
def test_the_wheel_installs_the_package_and_nothing_beside_it(wheel):
    tops = {path.split("/")[0] for path in wheel.namelist()}

    assert tops == {PACKAGE, f"{PACKAGE}-{pinterest_destination.__version__}.dist-info"}


@pytest.mark.slow
def test_the_wheel_says_its_version_license_and_readme(wheel):
    facts = metadata(wheel)

    assert facts["Name"] == "pinterest-destination"
    assert facts["Version"] == pinterest_destination.__version__
    assert facts["License"] == "MIT"
    assert facts["Requires-Python"] == ">=3.11"
    assert str(facts.get_payload()).strip() == (ROOT / "README.md").read_text("utf-8").strip()


@pytest.mark.slow
def test_the_sdist_holds_what_its_tests_need(dist):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*") if path.suffix in {".py", ".json"}}

    assert wanted <= shipped
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "tools").rglob("*") if path.is_file() and "__pycache__" not in path.parts} <= shipped
    assert {"LICENSE", "CHANGELOG.md", "Makefile", "README.md", "setup.cfg", "pyproject.toml"} <= shipped
