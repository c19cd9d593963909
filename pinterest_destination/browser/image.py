"""The images that stand in for calls of the tag where JavaScript is off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .escape import attribute, url_part
from .visitor import Call, Visitor

URL = "https://ct.pinterest.com/v3/"

MAX_URL = 2000
"""From here on Pinterest's own code for shops posts instead, which an image cannot, and leaves the products out at last."""


def noscript(calls: Iterable[Call], visitor: Visitor) -> str:
    """Give the noscript element with an image for each `page` and `track` among *calls*; "" for none.

    *visitor* is what the tag knows before them. Without the visitor's consent there is no image.
    """
    images = [f'<img height="1" width="1" alt="" hidden src={attribute(url)}>' for url in _urls(calls, visitor)]
    return "\n".join(["<noscript>", *images, "</noscript>"]) if images else ""


def _urls(calls: Iterable[Call], visitor: Visitor) -> Iterator[str]:
    for call in calls:
        visitor = visitor.after(call)
        command, *rest = call
        if visitor.tag_id and visitor.consents and command in ("page", "track"):
            event, data = ("init", {}) if command == "page" else rest
            yield image_url(visitor.tag_id, event, data, visitor.data)


def image_url(tag_id: str, event: str, data: Mapping[str, Any], partner: Mapping[str, Any]) -> str:
    """Give the URL of one event's image: *data* as `ed[...]`, *partner* data as `pd[...]`, blanks left out.

    When it is too long the products are left out, then the longest values, the event's id last of all: a part of
    them would be wrong, and nothing of the event would arrive if the server refused the URL.
    """
    left = {name: "&".join(_pairs(f"ed[{url_part(name)}]", value)) for name, value in data.items()}
    visitor = "&".join(_pairs("pd", partner))
    while True:
        # The tag, too, turns names to lower case before it looks at them.
        parts = [f"event={url_part(event.lower())}", f"tid={url_part(tag_id)}", *left.values(), visitor, "noscript=1"]
        url = f"{URL}?{'&'.join(filter(None, parts))}"
        if len(url) <= MAX_URL or not left:
            return url
        del left[max(left, key=lambda name: (name == "line_items", name != "event_id", len(left[name])))]


def _pairs(name: str, value: Any) -> Iterator[str]:
    """Yield `name[key][0]=value` for each scalar in *value*."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _pairs(f"{name}[{url_part(key)}]", part)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _pairs(f"{name}[{number}]", part)
    elif value is not None and value != "":
        yield f"{name}={url_part(value)}"
