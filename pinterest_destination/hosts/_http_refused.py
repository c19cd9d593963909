"""Why a request is not answered as it was meant: a status, and words that tell what would be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from ..errors import Fault

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Refused(Exception):
    """A request that is refused as a whole. Neither code nor message holds anything of its content."""

    def __init__(
        self, status: int, code: str, message: str, pointer: str = "", *, headers: Mapping[str, str] = NO_HEADERS, faults: Sequence[Fault] = ()
    ) -> None:
        """*code* is stable, for programs; *pointer* is the JSON pointer of what is wrong in the body, "" for the whole."""
        super().__init__(status, code)
        self.status, self.code, self.message, self.pointer = status, code, message, pointer
        self.headers, self.faults = headers, faults


def plain_form(why: Refused) -> dict[str, Any]:
    """The body of an error as our own API tells it; `faults` only for settings, which tell everything at once."""
    error: dict[str, Any] = {"code": why.code, "message": why.message, "pointer": why.pointer}
    if why.faults:
        error["faults"] = [_fault(fault) for fault in why.faults]
    return {"error": error}


def _fault(fault: Fault) -> dict[str, str]:
    """A fault without the name of its file, which is no business of the caller's."""
    return {"pointer": fault.pointer, "found": fault.found, "expected": fault.expected, "suggestion": fault.suggestion}


def rudderstack_form(why: Refused) -> dict[str, Any]:
    """The body of an error as RudderStack's transformer tells it."""
    if why.code == UNKNOWN_DESTINATION:
        return {"error": why.message}
    where = f"{why.pointer}: " if why.pointer else ""
    return {"error": HTTPStatus(why.status).phrase, "message": f"{where}{why.message}"}


UNKNOWN_DESTINATION = "unknown_destination"
