"""Customer data events to Pinterest: pintrk calls and Conversions API events from one plan.

The public names load when they are first asked for, so that importing the package alone costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Conversion",
    "Destination",
    "Fault",
    "InputError",
    "MappingError",
    "PinterestDestinationError",
    "Problem",
    "Settings",
    "SettingsError",
]

_HOMES = {
    "Conversion": ".destination",
    "Destination": ".destination",
    "Fault": ".errors",
    "InputError": ".errors",
    "MappingError": ".errors",
    "PinterestDestinationError": ".errors",
    "Problem": ".errors",
    "Settings": ".settings.model",
    "SettingsError": ".errors",
}

if TYPE_CHECKING:
    from .destination import Conversion, Destination
    from .errors import Fault, InputError, MappingError, PinterestDestinationError, Problem, SettingsError
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
