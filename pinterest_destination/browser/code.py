"""Code for a page: what starts the tag, and what tells it of events.

Written for every browser (ECMAScript 5, as Google Tag Manager wants it), and without a character that HTML or XHTML would
take for markup inside a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from .escape import PageCode, attribute, literal, nonce_fault
from .image import noscript
from .visitor import Call, Visitor, settled

CORE = "https://s.pinimg.com/ct/core.js"
"""Pinterest's library; it takes the queue over (Pinterest help, install the base code)."""

_BASE = """\
(function (tags) {
  if (tags[%(tag)s]) return;
  tags[%(tag)s] = true;
  if (typeof window.pintrk !== "function") {
    window.pintrk = function () { window.pintrk.queue.push(Array.prototype.slice.call(arguments)); };
    window.pintrk.queue = [];
    window.pintrk.version = "3.0";
    var own = document.currentScript, core = document.createElement("script");
    core.async = true;
    core.src = %(core)s;
    if (own) core.nonce = own.nonce;
    document.head.appendChild(core);
  }
  %(calls)s
})(window.pintrkTags = window.pintrkTags || {});"""


def base(load: Sequence[Call], nonce: str | None = None) -> PageCode:
    """Give the code that starts the tag with the calls of *load*: a script, and the image for visitors without JavaScript.

    A second copy for the same tag does nothing; that of another tag finds the library there, and joins in. Where nothing
    is loaded there is no code.
    """
    tag = Visitor().after_all(load).tag_id
    script = _BASE % {"tag": literal(tag), "core": literal(CORE), "calls": "\n  ".join(map(_statement, load))}
    return _joined(_script(script, nonce), noscript(load, Visitor())) if tag else PageCode()


def event_script(calls: Iterable[Call], nonce: str | None = None) -> PageCode:
    """Give the script that makes *calls*; "" for none."""
    return PageCode(_script("\n".join(map(_statement, calls)), nonce))


def event(load: Iterable[Call], calls: Sequence[Call], nonce: str | None = None) -> PageCode:
    """Give script and images for *calls*, on a page that has been started with the calls of *load*; "" for none."""
    visitor = Visitor().after_all(load)
    script = event_script(calls, nonce)
    return _joined(script, noscript(calls, visitor)) if visitor.tag_id else PageCode()


def page(load: Sequence[Call], events: Iterable[Sequence[Call]], nonce: str | None = None) -> PageCode:
    """Give the code of a whole page: the start of the tag, then the calls of each of *events*."""
    calls = list(chain.from_iterable(settled(Visitor().after_all(load), events)))
    return _joined(base(load, nonce), event(load, calls, nonce))


def _statement(call: Call) -> str:
    return f"pintrk({', '.join(map(literal, call))});"


def _script(code: str, nonce: str | None) -> str:
    """Write a script element; "" without *code*, where a nonce that is none is refused all the same."""
    opened = f"<script{_nonce(nonce)}>"
    return f"{opened}\n{code}\n</script>" if code else ""


def _nonce(nonce: str | None) -> str:
    if nonce is None:
        return ""
    if fault := nonce_fault(nonce):
        raise ValueError(f"nonce: found {fault}; expected the text that the Content-Security-Policy of the page names, or None")
    return f" nonce={attribute(str(nonce))}"  # Django's is lazy


def _joined(*parts: str) -> PageCode:
    return PageCode("\n".join(filter(None, parts)))
