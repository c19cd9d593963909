"""Finds the JSON documents that people edit: `mappings/` and `schemas/`, installed or in a checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def mappings() -> Traversable:
    """The folder with the catalogue, the specs, the channels and the tables."""
    return _folder("mappings")


def schemas() -> Traversable:
    """The folder with the JSON Schemas."""
    return _folder("schemas")


def read_json(document: Traversable) -> Any:
    """What the JSON *document* holds; a byte order mark, as some editors write it, does no harm."""
    return json.loads(document.read_bytes())


def _folder(name: str) -> Traversable:
    """The folder *name* inside the installed package (wheel, zip), else beside the package (checkout, editable)."""
    # Imported late: it costs more than all the rest of this package's own import.
    from importlib.resources import files

    inside = files(__package__) / name
    return inside if _holds_json(inside) else Path(__file__).parents[1] / name


def _holds_json(folder: Traversable) -> bool:
    """Whether *folder* is the real one: a file manager may leave a folder with nothing but its own traces."""
    return folder.is_dir() and any(child.name.endswith(".json") for child in folder.iterdir())
