"""The page on problem codes."""

from __future__ import annotations

from docs._pages.markdown import made_from, page, table


def problems() -> str:
    """The page on problem codes, from the table in errors.py."""
    from pinterest_destination.errors import PROBLEMS

    intro = {
        "error": "Something that should be sent is not. `Conversion.ok` is false.",
        "warning": "It is sent, with something repaired or left out.",
        "info": "Nothing is wrong; something is not meant to be sent, or was decided that you may want to know.",
    }
    parts = [
        "# Problems",
        made_from("pinterest_destination/errors.py"),
        "A problem tells what is wrong with one event, or with the settings. Its `code` is stable; its `path` names the "
        "place, and its `message` what was expected there. Neither ever holds a personal value or a secret.",
    ]
    for severity, text in intro.items():
        rows = ((f"`{code}`", kind.meaning, kind.remedy) for code, kind in PROBLEMS.items() if kind.severity == severity)
        parts += [f"## {severity}", text, table(("code", "meaning", "remedy"), rows)]
    return page(parts)
