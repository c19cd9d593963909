"""What the user decides: the settings, how they are read, and how they are written back."""

from .dialects import DIALECTS, recognise
from .load import load_settings, load_settings_file
from .model import ConsentSettings, CustomProperty, DeliverySettings, EventMapRow, Settings, Subscription
from .native import to_native
from .secret import Secret

__all__ = [
    "DIALECTS",
    "ConsentSettings",
    "CustomProperty",
    "DeliverySettings",
    "EventMapRow",
    "Secret",
    "Settings",
    "Subscription",
    "load_settings",
    "load_settings_file",
    "recognise",
    "to_native",
]
