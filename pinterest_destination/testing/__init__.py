"""What tests of one's own need: mappings pinned with fixtures (`cases`), and a stand-in for Pinterest (`sandbox`).

    from pinterest_destination.testing import bless, load_case, run_case         # see pinterest_destination.testing.cases
    from pinterest_destination.testing import Fault, Sandbox, pinterest_sandbox  # see pinterest_destination.testing.sandbox

The second line needs the extra `server`; `pinterest_sandbox` and `sandbox_fixture` are for pytest. What belongs to the
sandbox loads when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .cases import NOON, Case, bless, load_case, problem_line, run_case

__all__ = ["NOON", "Case", "Fault", "Received", "Sandbox", "bless", "load_case", "pinterest_sandbox", "problem_line", "run_case", "sandbox_fixture"]

if TYPE_CHECKING:
    from ..delivery.sandbox import Fault, Received, Sandbox
    from .sandbox import pinterest_sandbox, sandbox_fixture
else:  # out of a type checker's sight, or it would take any name for public
    _HOMES = {
        "Fault": "..delivery.sandbox",
        "Received": "..delivery.sandbox",
        "Sandbox": "..delivery.sandbox",
        "pinterest_sandbox": ".sandbox",
        "sandbox_fixture": ".sandbox",
    }

    def __getattr__(name: str) -> object:
        """Load a name of the sandbox's from the module that defines it (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
