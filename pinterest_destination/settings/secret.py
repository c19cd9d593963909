"""A secret that can be used but not shown, and the places it may come from."""

from __future__ import annotations

import hmac
import os
import re
from pathlib import Path
from typing import Any, NoReturn, final

from ..errors import Fault, SettingsError

_USABLE = re.compile(r"[\x21-\x7e]+")
_MAX_FILE = 64 * 1024


@final
class Secret:
    """A secret text: `reveal()` gives it, nothing else does; not printing, formatting, copying or pickling.

    It is no attrs class on purpose: `attrs.asdict` and converters look into those, and would bring the value to light.
    """

    __slots__ = ("_value", "fault")
    _value: str | None
    fault: Fault | None
    """Why there is nothing to reveal; None when there is."""

    def __init__(self, value: str) -> None:
        """Keep *value* without the blanks around it.

        Raises `ValueError` unless that is at least one character, all of them printable ASCII: anything else
        breaks the HTTP header it is meant for, and clients then tend to print the whole header.
        """
        text = value.strip()
        if not _USABLE.fullmatch(text):
            raise ValueError("a secret is made of printable ASCII characters, without spaces")
        object.__setattr__(self, "_value", text)
        object.__setattr__(self, "fault", None)

    @classmethod
    def missing(cls, fault: Fault) -> Secret:
        """Stand for a secret that is not there: who only transforms events needs none, and who reveals it is told why."""
        secret = object.__new__(cls)
        object.__setattr__(secret, "_value", None)
        object.__setattr__(secret, "fault", fault)
        return secret

    def reveal(self) -> str:
        """Give the secret itself. Raises `SettingsError` if it is missing, or stayed behind in another process."""
        if self._value is None:
            raise SettingsError([self.fault] if self.fault else [])
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, so that timing tells nothing about the value."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value or "", other._value or "")

    def __hash__(self) -> int:
        return hash(self._value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Secret cannot be changed")

    def __copy__(self) -> Secret:
        """A copy is the same object: it cannot change, and so there is one place less that holds the value."""
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle ends up in queues, caches and crash reports, so the value stays behind."""
        return (_left_behind, ())


def _left_behind() -> Secret:
    """Make the secret that an unpickled one is: it prints like any other, but has nothing to reveal."""
    found = "a secret that did not travel along when the settings were pickled"
    return Secret.missing(Fault("/conversion_token", found, "settings loaded anew in this process"))


def resolve_secret(raw: object, *, local: bool, base: Path, pointer: str = "/conversion_token") -> Secret | Fault:
    """Turn a setting (text, `{"env": name}` or `{"file": path}`) into the secret, or tell what is wrong with it.

    The environment and files are read only if *local*: settings from elsewhere must not reach for the host's own
    secrets. A relative path starts at *base*. A variable or file that is not there gives a missing secret. A fault holds neither the value nor the name it was looked up by,
    because a token put in the wrong place would be that name.
    """
    match raw:
        case str():
            return _secret(raw, "text", pointer)
        case {"env": str(name)} if local:
            return _from_environment(name, f"{pointer}/env")
        case {"file": str(path)} if local:
            return _from_file(base, path, f"{pointer}/file")
        case {"env": _} | {"file": _} if not local:
            found = "a reference to the host's environment or files"
            return Fault(pointer, found, "the token itself: these settings do not come from the host")
    return Fault(pointer, "something else", 'the token as text, {"env": "NAME"} or {"file": "path"}')


def _secret(text: str, source: str, pointer: str) -> Secret | Fault:
    try:
        return Secret(text)
    except ValueError:
        what = "which holds more than printable ASCII without spaces" if text.strip() else "which is blank"
    return Fault(pointer, f"{source}, {what}", "a token of printable ASCII characters without spaces")


def _from_environment(name: str, pointer: str) -> Secret | Fault:
    try:
        value = os.environ.get(name)
    except UnicodeError:  # a lone surrogate can be no variable's name
        value = None
    if value is None or not value.strip():
        found = "an environment variable that is not set" if value is None else "an environment variable, which is blank"
        return Secret.missing(Fault(pointer, found, "a variable that holds the token"))
    return _secret(value, "an environment variable", pointer)


def _from_file(base: Path, path: str, pointer: str) -> Secret | Fault:
    try:
        with (base / path).open("rb") as file:
            content = file.read(_MAX_FILE + 1)
    except (OSError, ValueError) as error:
        found = f"a file that cannot be read ({type(error).__name__})"
        return Secret.missing(Fault(pointer, found, "a readable file that holds the token"))
    if len(content) > _MAX_FILE:
        return Fault(pointer, f"a file of more than {_MAX_FILE} bytes", "a file that holds the token and nothing else")
    # Whatever is not UTF-8 becomes a character that no token has; editors on Windows put a BOM in front.
    return _secret(content.decode("utf-8-sig", "replace"), "a file", pointer)
