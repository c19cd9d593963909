"""The playground's files by their names, each with its type, and the policy that its page is under."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PAGE = "index.html"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy: nothing from elsewhere, no inline code or style, no page around it."""

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }
)

TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
    }
)
"""What is a file of the page, by its suffix."""


@frozen
class File:
    """One file, ready to be sent."""

    content: bytes = field(repr=False)
    media_type: str


def files() -> Mapping[str, File]:
    """Read all files of the page; names are paths from the page's folder, such as `src/app.js`."""
    from importlib.resources import files  # late: it costs more than the rest

    return MappingProxyType(_read(files(__package__), ""))


def _read(folder: Traversable, prefix: str) -> dict[str, File]:
    found: dict[str, File] = {}
    for child in folder.iterdir():
        name = f"{prefix}{child.name}"
        media_type = TYPES.get(f".{child.name.rpartition('.')[2]}")
        if child.is_dir():
            found |= _read(child, f"{name}/")
        elif media_type and not child.name.startswith("."):
            found[name] = File(child.read_bytes(), media_type)
    return found
