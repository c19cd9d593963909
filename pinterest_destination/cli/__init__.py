"""The command `pinterest-destination`: files and streams in and out around the package, with no logic of its own."""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec
from typing import NoReturn

from ._closed import fill_closed_streams

INTERRUPTED = 130
"""What shells make of Ctrl-C: 128 and the number of the signal."""


def main() -> NoReturn:
    """Run the command with the arguments of this process, and end the process."""
    fill_closed_streams()
    if missing := next((name for name in ("click", "rich") if find_spec(name) is None), None):
        sys.stderr.write(f"The command line needs {missing}: pip install 'pinterest-destination[cli]'\n")
        sys.exit(2)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that a terminal cannot show is no reason to fail
    try:
        from .app import app

        sys.exit(app(prog_name="pinterest-destination"))
    except KeyboardInterrupt:  # while the modules load; later the commands themselves see to it
        sys.exit(INTERRUPTED)
