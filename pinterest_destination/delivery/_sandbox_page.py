"""The sandbox's page: what arrived, at a glance. Everything from outside is escaped, and e-mail addresses are digests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from attrs import frozen

from ..identity import scrub
from ._sandbox_faults import Fault
from ._sandbox_ledger import Exchange, Received, Totals
from ._sandbox_look import SCRIPT, STYLE

LONGEST = 120
"""Characters of one value that are shown."""
LISTED = 10
"""Requests that are listed; the line shows all that the view holds."""

_FATES = (("accepted", "accepted"), ("duplicate", "duplicates"), ("refused", "refused"), ("test", "test"))


@frozen
class View:
    """What the page shows: the latest of everything, oldest first."""

    url: str
    totals: Totals
    received: Sequence[Received]
    requests: Sequence[Exchange]
    scripted: Sequence[Fault]


def page(view: View) -> str:
    """Write the page as HTML, without anything that would be loaded from elsewhere."""
    totals = view.totals
    mark = f"{totals.requests}-{totals.received}-{sum(fault.times for fault in view.scripted)}"
    parts = [_pair(_counts(totals), _sums(totals)), _pair(_requests(view), _names(totals)), _events(view)] if totals.requests else [_hint(view), _waiting(view)]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Pinterest sandbox</title><style>{STYLE}</style></head><body><header><h1>Pinterest sandbox</h1>"
        f'<p>Stands in for the Conversions API at <code>{_text(view.url)}</code></p><span class="live"></span></header>'
        f'<main data-mark="{mark}">{"".join(parts)}</main><script>{SCRIPT}</script></body></html>'
    )


def _text(value: object) -> str:
    """*value* as text that shows no address, is not endless, turns no other text around, and can be no markup."""
    text = scrub(str(value))
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return escape("".join(char if char.isprintable() else "\ufffd" for char in text))


def _section(title: str, content: str, aside: str = "") -> str:
    return f"<section><h2>{title}<span>{aside}</span></h2>{content}</section>"


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _time(at: float) -> str:
    try:
        return f"<time>{datetime.fromtimestamp(at, UTC):%H:%M:%S}</time>"
    except (OverflowError, ValueError, OSError):  # a clock of a test's own
        return "<time>-</time>"


def _pair(left: str, right: str) -> str:
    """Two sections side by side where there is room."""
    return f'<div class="pair">{left}{right}</div>'


def _counts(totals: Totals) -> str:
    counts = {fate: getattr(totals, name) for fate, name in _FATES}
    pieces = "".join(f'<i class="{fate}" style="flex-grow:{count}"></i>' for fate, count in counts.items() if count)
    keys = "".join(f'<li class="{fate}"><b>{counts[fate]:,}</b> {words}</li>' for fate, words in _FATES)
    big = f'<p class="big">{totals.accepted:,}<small>of {_plural(totals.received, "event")} accepted</small></p>'
    return _section("Events", f'{big}<div class="split">{pieces}</div><ul class="key">{keys}</ul>')


def _sums(totals: Totals) -> str:
    values = sorted(totals.values.items(), key=lambda item: -item[1])[:4]
    rows = [("Requests", f"{totals.requests:,}"), *((f"Value in {_text(currency or 'no currency')}", f"{value:,.2f}") for currency, value in values)]
    return _section("Totals", f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in rows)}</dl>")


def _requests(view: View) -> str:
    most = max((exchange.events for exchange in view.requests), default=0)
    bars = "".join(_bar(exchange, most) for exchange in view.requests)
    rows = "".join(map(_request, reversed(view.requests[-LISTED:])))
    ends = f'<p class="axis">{_time(view.requests[0].at)}{_time(view.requests[-1].at)}</p>' if view.requests else ""
    aside = f"{len(view.requests)} of {view.totals.requests:,}, height: events"
    return _section("Requests", f'{_queue(view.scripted)}<ol class="line" aria-hidden="true">{bars}</ol>{ends}<ol class="rows requests">{rows}</ol>', aside)


def _tone(exchange: Exchange) -> str:
    """The colour of a request by its answer."""
    if not exchange.status:
        return "lost"
    if exchange.status < 300:
        return "refused" if exchange.refused else "accepted"
    return "duplicate" if exchange.status < 400 or exchange.status in (429, 503) else "refused"


def _bar(exchange: Exchange, most: int) -> str:
    """One bar; its height grows with the logarithm of its events, so that single ones still show beside thousands."""
    height = 12 + 88 * math.log1p(exchange.events) / math.log1p(most) if most else 12
    title = f"#{exchange.number}: {exchange.status or 'no answer'}, {_plural(exchange.events, 'event')}"
    return f'<li class="{_tone(exchange)}" style="height:{height:.0f}%" title="{title}"></li>'


def _request(exchange: Exchange) -> str:
    fates = (("accepted", exchange.accepted), ("duplicate", exchange.duplicates), ("refused", exchange.refused), ("test", exchange.test))
    told = ", ".join(f"{count:,} {word}" for word, count in fates if count)
    fault = f'<span class="chip">{_text(exchange.fault)}</span>' if exchange.fault else ""
    note = f'<p class="note">{_text(exchange.message)}</p>' if exchange.message else ""
    return (
        f'<li><span class="num">#{exchange.number}</span>{_time(exchange.at)}<span class="status"><span class="pill {_tone(exchange)}">{exchange.status or "none"}</span></span>'
        f'<span class="sum">{_plural(exchange.events, "event")} <span class="soft">{told and f"· {told}"}</span> {fault}</span>{note}</li>'
    )


def _names(totals: Totals) -> str:
    most = max(totals.names.values(), default=0)
    rows = "".join(f'<span>{_text(name)}</span><i style="width:{100 * count / most:.1f}%"></i><span>{count:,}</span>' for name, count in list(totals.names.items())[:12])
    more = len(totals.names) - 12
    return _section("Accepted events by name", f'<div class="bars">{rows}</div>' if rows else "None yet.", f"and {more} more" if more > 0 else "")


def _events(view: View) -> str:
    if not view.received:
        return ""
    rows = "".join(map(_event, reversed(view.received)))
    return _section("Latest events", f'<ol class="rows events">{rows}</ol>', f"{len(view.received)} of {view.totals.received:,}")


def _event(row: Received) -> str:
    event = row.event
    keys = "".join(f'<span class="chip">{_text(key)}</span>' for key, value in event["user_data"].items() if value)
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in (row.error, row.warning) if note)
    return (
        f'<li><span><span class="pill {row.fate}">{row.fate}</span></span><div class="what"><b>{_text(event["event_name"])}</b> '
        f'<code class="soft">{_text(event["event_id"])}</code><div><span class="chip">{_text(event["action_source"])}</span>{keys}</div></div>'
        f'<span class="end"><b>{_amount(event.get("custom_data", {}))}</b> {_time(row.at)} <span class="num">#{row.request}</span></span>{notes}</li>'
    )


def _amount(custom_data: Mapping[str, Any]) -> str:
    value = custom_data.get("value")
    return "" if value is None else _text(f"{value} {custom_data.get('currency') or ''}".strip())


def _queue(faults: Sequence[Fault]) -> str:
    if not faults:
        return ""
    chips = "".join(f'<span class="chip">{_text(fault)}{f", {fault.times} times" if fault.times > 1 else ""}</span>' for fault in faults)
    return f'<p class="soft">Next requests meet {chips}</p>'


def _waiting(view: View) -> str:
    return _section("Faults", _queue(view.scripted)) if view.scripted else ""


def _hint(view: View) -> str:
    url = _text(view.url)
    return _section(
        "Nothing has arrived yet",
        f'<div class="hint"><p>Send Conversions API events to</p><pre><code>POST {url}/v5/ad_accounts/549755885175/events</code></pre>'
        f'<p>or let <code>pinterest-destination</code> do it, with these settings beside your own:</p><pre><code>{{"delivery": {{"base_url": "{url}"}}}}</code></pre>'
        "<p>They appear here as they come in.</p></div>",
    )
