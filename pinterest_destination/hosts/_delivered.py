"""What a host is told of a delivery: a status and a text for each of its jobs, and one for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ..delivery.result import MAX_MESSAGE
from ..delivery.sender import Attempt
from . import _stat_tags
from ._proxy import REFUSED, Sent

WARNED = 296
"""Delivered, with a remark of Pinterest's."""
DONE = "success"
_UNMARSHAL = 599
"""A host gives up at once on this status, whatever the destination meant by it."""


@frozen
class Answer:
    """What is told of one job."""

    status: int
    text: str
    poisoned: bool = False
    """Whether its batch was refused: next time it has to go alone."""

    @property
    def is_delivered(self) -> bool:
        return self.status < 300


def judge(sent: Iterable[Sent], attempts: Sequence[Attempt]) -> Answer:
    """Tell what became of a job, from what became of its events.

    It goes again when an event of it has to, unless another is an offline event that has arrived, or may have: it would
    count twice.
    """
    events = list(sent)
    again = [each for each in events if each.outcome.status == "retry"]
    arrived = any(each.offline and each.outcome.status != "rejected" for each in events if each not in again)
    lost = [each for each in events if each.outcome.status in ("rejected", "unknown")]
    warned = [each for each in events if each.outcome.status == "delivered_with_warning"]
    if again and not arrived:
        poisoned = any(each.outcome.code == REFUSED for each in again)
        return Answer(max(_again(each.outcome.code) for each in again), _text(again, len(events)), poisoned)
    if again or lost:
        return Answer(_refused(lost, attempts), _text([*lost, *again], len(events)))
    return Answer(WARNED, _text(warned, len(events))) if warned else Answer(200, DONE)


def with_rest(answer: Answer, left_out: str) -> Answer:
    """Tell of a delivered job also what was *left_out* of it before; of another, nothing counts but its own failure."""
    if not left_out or not answer.is_delivered:
        return answer
    return Answer(WARNED, _short(left_out if answer.text == DONE else f"{answer.text}; {left_out}"))


def _again(code: str) -> int:
    """The status that makes a host keep the job: Pinterest's own where the host reads it that way, else 500.

    Above all 401, 403 and 404 are none: on those a host gives up, and an expired token would cost everything until it
    is mended.
    """
    if code == "rate_limited":
        return 429
    status = int(code.removeprefix("http_")) if code.startswith("http_") else 500
    return status if status == 408 or 500 <= status < _UNMARSHAL else 500


def _refused(lost: Iterable[Sent], attempts: Iterable[Attempt]) -> int:
    """The status that makes a host give up: Pinterest's own where it refused the request, else 400."""
    statuses = [attempt.status for attempt in attempts if attempt.code == REFUSED and attempt.status]
    return statuses[-1] if statuses and any(each.outcome.code == REFUSED and each.outcome.status == "rejected" for each in lost) else 400


def _text(told: Sequence[Sent], count: int) -> str:
    """What is said of the events in question, each thing once."""
    words = dict.fromkeys(f"{each.outcome.code}: {each.outcome.message}" for each in told)
    text = "; ".join(words)
    return _short(text if len(told) == count else f"{len(told)} of {count} events: {text}")


def _short(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def per_job(jobs: Sequence[Mapping[str, Any]], answers: Sequence[Answer], *, sent: bool) -> dict[str, Any]:
    """The body of version 1: an answer for each job, with its metadata, and the worst of them for the whole."""
    response = [_entry(job, answer) for job, answer in zip(jobs, answers, strict=True)]
    job, worst = max(zip(jobs, answers, strict=True), key=lambda pair: pair[1].status)
    return {"output": {"response": response, **_whole(worst, job, sent)}}


def _entry(job: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    metadata = {**job, "dontBatch": True} if answer.poisoned else dict(job)
    return {"error": answer.text, "statusCode": answer.status, "metadata": metadata}


def for_all(job: Mapping[str, Any], answer: Answer, attempts: Sequence[Attempt]) -> tuple[dict[str, Any], int]:
    """Body and HTTP status of version 0, which has one answer for everything."""
    telling = [attempt for attempt in attempts if attempt.code] or attempts
    reply = telling[-1].status if telling else None
    response = {"response": answer.text, **({} if reply is None else {"status": reply})}
    http = 200 if answer.is_delivered else answer.status
    return {"output": {**_whole(answer, job, bool(attempts)), "destinationResponse": response}}, http


def _whole(answer: Answer, job: Mapping[str, Any], sent: bool) -> dict[str, Any]:
    tags = {} if answer.is_delivered else {"statTags": _stat_tags.of_delivery(answer.status, job, sent=sent)}
    return {"status": answer.status, "message": answer.text, **tags}
