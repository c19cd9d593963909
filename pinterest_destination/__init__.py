"""Customer data events to Pinterest: pintrk calls and Conversions API events from one plan.

The public names load when they are first asked for, so that importing the package alone costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Conversion",
    "Delivery",
    "DeliveryError",
    "Destination",
    "Fault",
    "InputError",
    "MappingError",
    "Outbox",
    "OutboxError",
    "OutboxFull",
    "Outcome",
    "PinterestDestinationError",
    "Problem",
    "Settings",
    "SettingsError",
]

_HOMES = {
    "Conversion": ".destination",
    "Delivery": ".delivery.delivery",
    "DeliveryError": ".errors",
    "Destination": ".destination",
    "Fault": ".errors",
    "InputError": ".errors",
    "MappingError": ".errors",
    "Outbox": ".delivery.outbox",
    "OutboxError": ".errors",
    "OutboxFull": ".errors",
    "Outcome": ".delivery.result",
    "PinterestDestinationError": ".errors",
    "Problem": ".errors",
    "Settings": ".settings.model",
    "SettingsError": ".errors",
}

if TYPE_CHECKING:
    from .delivery.delivery import Delivery
    from .delivery.outbox import Outbox
    from .delivery.result import Outcome
    from .destination import Conversion, Destination
    from .errors import (
        DeliveryError,
        Fault,
        InputError,
        MappingError,
        OutboxError,
        OutboxFull,
        PinterestDestinationError,
        Problem,
        SettingsError,
    )
    from .settings.model import Settings
else:  # out of a type checker's sight, or it would take any name for public

    def __getattr__(name: str) -> object:
        """Load a public name from the module that defines it (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
