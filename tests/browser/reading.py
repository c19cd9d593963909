"""Page code read back, without a browser: its elements, the calls in its scripts, the parameters of its images."""

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field


@define(slots=False, eq=False)
class Reading(HTMLParser):
    """What stands in page code."""

    scripts: list[str] = field(factory=list)
    nonces: list[str | None] = field(factory=list)
    images: list[dict[str, str]] = field(factory=list)
    strange: list[str] = field(factory=list)
    """Everything that page code has no use for."""

    def __attrs_post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element in."""
        values = dict(attrs)
        if tag == "script" and set(values) <= {"nonce"}:
            self.scripts.append("")
            self.nonces.append(values.get("nonce"))
        elif tag == "img" and list(values) == ["height", "width", "alt", "hidden", "src"]:
            address = urlsplit(values["src"] or "")
            assert (address.scheme, address.netloc, address.path, address.fragment) == ("https", "ct.pinterest.com", "/v3/", "")
            self.images.append(dict(parse_qsl(address.query, keep_blank_values=True, strict_parsing=True)))
        elif tag != "noscript" or values:
            self.strange.append(tag)

    def handle_data(self, data: str) -> None:
        """Take text in: that of scripts, and line ends between elements."""
        if self.cdata_elem == "script":
            self.scripts[-1] += data
        elif data.strip():
            self.strange.append(data)

    def handle_comment(self, data: str) -> None:
        """There should be none."""
        self.strange.append(data)

    def handle_decl(self, decl: str) -> None:
        """There should be none."""
        self.strange.append(decl)

    handle_pi = unknown_decl = handle_comment


def read(code: str) -> Reading:
    """Read *code*, which holds nothing that page code does not."""
    found = Reading()
    found.feed(code)
    found.close()
    assert found.strange == []
    return found


def calls(script: str) -> list[list[Any]]:
    """The calls in a script, which stand on one line each."""
    lines = [line.strip().replace('["__proto__"]: ', '"__proto__": ') for line in script.splitlines()]
    return [json.loads(f"[{line.removeprefix('pintrk(').removesuffix(');')}]") for line in lines if line.startswith("pintrk(")]


def flat(name: str, value: Any) -> dict[str, str]:
    """What a value is in the query of an image, by Pinterest's naming."""
    if isinstance(value, dict | list):
        rows = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: text for part, inner in rows for key, text in flat(f"{name}[{part}]", inner).items()}
    return {name: str(value).lower() if isinstance(value, bool) else str(value)}
