"""One test event to Pinterest, to find out whether token and ad account are right; Pinterest checks it and counts nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from ..identity import digest
from ..rules.load import catalogue
from ..settings.model import Settings
from .client import Client
from .request import body, pack, target
from .retry import Stop, decide

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "unauthorized": "The token is misspelt, was revoked, or is none for the Conversions API. Make one in Ads Manager under "
        "Conversions > Conversions API, and put it into `conversion_token`.",
        "forbidden": "The token is a valid one, but its user has no access to this ad account, or the account's id is another one's. "
        "The user must own the account, or have the role Admin, Analyst, Audience or Campaign in it; compare `ad_account_id`.",
        "not_found": "Pinterest knows no ad account of that id. Compare `ad_account_id` with the one in the address of Ads Manager.",
        "rate_limited": "Token and account may be right; Pinterest takes no more calls at the moment. Try again in a minute.",
        "dns": "The name of Pinterest's server cannot be resolved: look at this machine's network, or at `delivery.base_url`.",
        "connect": "No connection to Pinterest's server: look at this machine's network, firewall and proxy (`delivery.environment_proxies`).",
        "tls": "The server's certificate is not trusted: something between here and Pinterest may be reading along.",
    }
)
"""What to do, by the code of an outcome."""


REFUSALS = ("unauthorized", "forbidden", "not_found", "refused", "failed")


@frozen
class Finding:
    """What the test event came to."""

    ok: bool
    """Whether Pinterest took it."""
    code: str
    """As in `Outcome.code`; "" when all is well."""
    message: str
    """Pinterest's words, or ours."""
    advice: str
    """What to do, in plain words; "" where nothing is known."""

    @property
    def is_refusal(self) -> bool:
        """Whether Pinterest was asked and said no; otherwise it could not be asked, or had no time."""
        return self.code in REFUSALS


def probe(settings: Settings, *, clock: Callable[[], float] = time.time, new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> Finding:
    """Send one test event with the token and to the account that *settings* name, and tell what came of it.

    Raises `SettingsError` for each setting that this lacks.
    """
    where = target(evolve(settings, test_mode=True))
    options = settings.delivery
    event = pack(_event(settings, clock(), new_id()))
    token = settings.conversion_token if where.api_version == "v5" else None
    with Client(options.connect_timeout, options.read_timeout, options.environment_proxies) as client:
        decision = decide(client.post(where.url, body([event.text]), token), 1, 1, clock(), 0.0)
    if not isinstance(decision, Stop):
        return Finding(False, decision.code, decision.message, ADVICE.get(decision.code, ""))
    verdict = decision.verdicts[0]
    refused = verdict.status == "rejected"
    return Finding(not refused, "failed" if refused else "", verdict.message, "")


def _event(settings: Settings, now: float, event_id: str) -> dict[str, Any]:
    """An event that says nothing about anybody (example.com is nobody's, RFC 2606)."""
    event = {
        "event_name": catalogue().events[0].name,
        "action_source": "web",
        "event_time": int(now),
        "event_id": event_id,
        "event_source_url": "https://example.com/",
        "user_data": {"em": [digest("test@example.com")]},
    }
    return event if settings.api_version == "v5" else {**event, "advertiser_id": settings.advertiser_id}
