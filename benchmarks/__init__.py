"""Programs that measure, and the events that they measure with. No part of the package."""
