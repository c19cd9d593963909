"""A sandbox for each test, as a pytest fixture.

In conftest.py:

    from pinterest_destination.testing import pinterest_sandbox  # noqa: F401

and in a test:

    def test_an_order_arrives(pinterest_sandbox):
        pinterest_sandbox.script(Fault(status=503))   # what the next request meets
        ...                                           # send to pinterest_sandbox.url
        assert [event["event_id"] for event in pinterest_sandbox.accepted] == ["o-1"]

`sandbox_fixture` makes one with options of your own: `strict_sandbox = sandbox_fixture(token="t", accounts=["549755885175"])`.
Without pytest, `with Sandbox() as sandbox:` is all that there is to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from ..delivery.sandbox import Sandbox

Scope = Literal["function", "class", "module", "package", "session"]


def sandbox_fixture(scope: Scope = "function", **options: Any) -> Callable[[], Iterator[Sandbox]]:
    """Make a fixture that gives a running `Sandbox` with these *options*, and closes it after the test (or its *scope*).

    The fixture has the name that it is assigned to.
    """

    @pytest.fixture(scope=scope)
    def sandbox() -> Iterator[Sandbox]:
        with Sandbox(**options) as running:
            yield running

    return sandbox


pinterest_sandbox = sandbox_fixture()
"""A fixture that gives each test a running `Sandbox` of its own; its token is "sandbox-token", and any ad account is good."""
