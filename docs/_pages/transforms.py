"""The page on what `as` in a mapping document does with a value."""

from __future__ import annotations

from docs._pages.markdown import made_from, page, table


def transforms() -> str:
    """The page on transforms, from their docstrings."""
    from pinterest_destination import identity
    from pinterest_destination.rules import transforms as engine

    plain = ((f"`{name}`", made.expects, made.apply.__doc__ or "") for name, made in engine.TRANSFORMS.items())
    made = ((f"`{name}`", "text", getattr(engine, name).__doc__ or "") for name in sorted(engine.FACTORIES))
    keys = ((f"`{key}`", identity.EXPECTED[key], (normalise.__doc__ or "").partition(": ")[2]) for key, normalise in identity.KEYS.items())
    heads = ("`as`", "accepts", "gives")
    parts = [
        "# Transforms",
        made_from("pinterest_destination/rules/transforms.py and identity.py"),
        "What `as` in a spec document does with a value. What a transform does not accept leaves a problem, and the next source is tried.",
        table(heads, ((name, expects, _first(text)) for name, expects, text in plain)),
        "## With words in `of`",
        table(heads, ((name, expects, _first(text)) for name, expects, text in made)),
        "## Match keys",
        "SHA-256 digests, in a list, of one value or of all values in a list. A digest passes as it is. The rules are "
        "those of `user_data` in Pinterest's OpenAPI 5.23; values that only stand for a missing one are never hashed.",
        table(heads, ((name, expects, _first(text)) for name, expects, text in keys)),
    ]
    return page(parts)


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split()).replace("*of*", "`of`").replace("*names*", "in `of`")
