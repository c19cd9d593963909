"""JSON to `Settings`: checked against the schema, translated if need be, every fault told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from .. import _json
from ..errors import Fault, Problem, SettingsError, problem
from ..rules.check import nearest, shown
from ..rules.load import overrides_faults, pruned
from ._convert import Origin, convert
from ._faults import safe, tell
from ._schema import validator
from ._subscriptions import subscription_faults
from ._translate import Translation, translate
from ._wrapping import Wrapped, unwrapped
from .dialects import DIALECTS, NATIVE, mixed, recognise
from .events import OWN_NAME_RULE, near, sent_name
from .model import EventMapRow, Settings
from .secret import Secret

PAYLOADS = "segment_actions"
"""The spec that reads what subscriptions make, for settings that name none."""


def load_settings(
    document: Mapping[str, Any],
    dialect: str | None = None,
    *,
    local: bool = True,
    file: str = "settings",
    base: Path | None = None,
) -> Settings:
    """Read settings from *document*, in *dialect* or in the one its keys show.

    Paths in it start at *base*, or the working directory. Only if it is *local*, the host's own, may it name files
    and environment variables. *file* is what messages call it.

    Raises `SettingsError` with every fault, in the order of the document.
    """
    plain, found = _json.plain(document)
    if not isinstance(plain, dict):
        raise _error(found or [Fault("", shown(plain, ""), "an object with settings")], plain, file)
    wrapped = unwrapped(plain)
    name = dialect or recognise(wrapped.settings)
    if name != NATIVE and name not in DIALECTS:
        raise _error([_unknown_dialect(name)], plain, file)
    translation = _within(Translation(wrapped.settings) if name == NATIVE else translate(wrapped.settings, DIALECTS[name]), wrapped)
    origin = Origin(local, base or Path.cwd(), translation.pointers)
    values, faults = _values(translation.document, origin)
    if dialect is None and name == NATIVE:
        faults = [*_beside_ours(faults, wrapped.settings)]
    found += _targets(values.get("event_map", ()))
    if found or faults:
        error = _error(_together(found, faults, origin), plain, file)
        error.usable = _usable(values, faults, name, file)
        raise error
    problems = (*translation.problems, *_missing_secrets(values.get("conversion_token"), origin))
    return Settings(**values, dialect=name, file=file, problems=problems)


def _within(translation: Translation, wrapped: Wrapped) -> Translation:
    """Give the same translation, with places in what the settings came in."""
    if not wrapped.root:
        return translation
    own = {_json.join("", key): place for key, place in wrapped.places.items()}
    pointers = {"": wrapped.root, **own} | {native: wrapped.pointer(there) for native, there in translation.pointers.items()}
    return Translation(translation.document, pointers, tuple(evolve(found, path=wrapped.path(found.path)) for found in translation.problems))


def load_settings_file(path: Path, dialect: str | None = None) -> Settings:
    """Read settings from a JSON file; paths in it start at its folder.

    Raises `SettingsError` with every fault, `OSError` if the file cannot be read.
    """
    document = _json.parse(path.read_bytes())
    if isinstance(document, Fault):
        raise _error([document], None, str(path))
    return load_settings(document, dialect, file=str(path), base=path.parent)


def _usable(values: dict[str, Any], faults: list[Fault], dialect: str, file: str) -> Settings:
    """Give the settings without what is wrong in them."""
    right = {key: value for key, value in values.items() if not isinstance(value, Fault)}
    if "overrides" in right:
        wrong = [fault.pointer.removeprefix("/overrides") for fault in faults if fault.pointer.startswith("/overrides")]
        right["overrides"] = pruned(right["overrides"], wrong) if "" not in wrong else None
    if "subscriptions" in right:
        spoilt = {tuple(_json.tokens(fault.pointer)[:2]) for fault in faults}
        right["subscriptions"] = tuple(row for n, row in enumerate(right["subscriptions"]) if ("subscriptions", str(n)) not in spoilt)
    return Settings(**right, dialect=dialect, file=file)


def _values(native: dict[str, Any], origin: Origin) -> tuple[dict[str, Any], list[Fault]]:
    """Convert every setting that the schema accepts; a null stands for the default."""
    faults = [fault if origin.local else _elsewhere(fault) for fault in tell(validator().iter_errors(native))]
    wrong = {_json.tokens(fault.pointer)[0] for fault in faults}
    values = {
        key: convert(key, value, origin)
        for key, value in native.items()
        if key not in wrong and key != "$schema" and value is not None
    }
    overrides: Any = values.get("overrides")
    if values.get("subscriptions") is not None:
        values.setdefault("spec", PAYLOADS)
    rows = subscription_faults(native.get("subscriptions"), [fault.pointer for fault in faults])
    found = [*(overrides_faults(overrides) if overrides else ()), *rows]
    return values, [*faults, *(value for value in values.values() if isinstance(value, Fault)), *found]


def _elsewhere(fault: Fault) -> Fault:
    """Offer no reference to the host's own token where settings may not hold one."""
    return evolve(fault, expected="the token as text without spaces") if fault.pointer.startswith("/conversion_token") else fault


def _beside_ours(faults: Iterable[Fault], settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Tell, where a key of another tool is unknown, which key it is that made the settings be read as our own."""
    ours, theirs = mixed(settings)
    for fault in faults:
        foreign = fault.found == "an unknown key" and _json.tokens(fault.pointer)[0] in theirs
        yield evolve(fault, expected=f"{fault.expected}, as {ours} is one") if foreign else fault


def _targets(rows: Iterable[EventMapRow]) -> Iterator[Fault]:
    """Tell which targets no channel takes."""
    for row in rows:
        if sent_name(row.target) is None:
            yield Fault(row.pointer, "a name that Pinterest does not take", OWN_NAME_RULE, near(row.target))


def _missing_secrets(token: Secret | None, origin: Origin) -> Iterator[Problem]:
    """Tell of a token that is only referred to: reading events needs none, but delivery will."""
    if token and token.fault:
        yield problem("missing_secret", origin.pointer(token.fault.pointer), f"found {token.fault.found}; delivery will need {token.fault.expected}")


def _together(found: list[Fault], faults: list[Fault], origin: Origin) -> list[Fault]:
    """Give *found*, and *faults* by their places in the original document, but for places that have one already."""
    told = {(place := safe(fault.pointer)): evolve(fault, pointer=place) for fault in found}
    for fault in faults:
        place = origin.pointer(fault.pointer)
        told.setdefault(place, evolve(fault, pointer=place))
    return list(told.values())


def _unknown_dialect(name: str) -> Fault:
    known = [NATIVE, *DIALECTS]
    return Fault("", f"the dialect {shown(name, '/dialect')}", f"one of {', '.join(known)}", nearest(name, known))


def _error(faults: Iterable[Fault], document: Any, file: str) -> SettingsError:
    place = _json.places(document)
    ordered = sorted(faults, key=lambda fault: place(fault.pointer))
    return SettingsError([evolve(fault, file=file) for fault in ordered])
