"""Text that is made to break out of scripts, attributes, comments and URLs; the same 500 at every run."""

import random
from typing import Any

from pinterest_destination import Conversion, Destination

NOW = 1768478400

PIECES = (
    "</script>", "</SCRIPT >", "</script/x>", "<script>pwned(1)</script>", "<!--", "-->", "<!--<script>", "--!>", "<![CDATA[", "]]>", "</noscript>", "<noscript>",
    "<img src=x onerror=pwned(2)>", "<svg onload=pwned(3)>", "<svg><script>pwned(4)</script>", "<iframe srcdoc='<script>parent.pwned(5)</script>'>", "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>", "<meta http-equiv=refresh content='0;url=//evil.example/'>", "<style>*{background:url(//evil.example/)}</style>", "</title>", "</textarea>",
    '"', "'", "`", '\\"', "\\'", "\\", "\\\\", '");pwned(6);//', "');pwned(7);//", '"});pwned(8);pintrk("x",{"y":"', "*/pwned(9)/*", "//", ";pwned(10);", "\n", "\r\n", "\u2028pwned(11)\u2029", "\u2028", "\u2029", "\x85",
    '" onerror=pwned(12) x="', "' onload=pwned(13) '", '"><script>pwned(14)</script>', "'><img src=x onerror=pwned(15)>", "javascript:pwned(16)", "&quot;", "&#34;", "&#x27;", "&lt;script&gt;", "&amp;", "&", "&ed[value]=0", "&tid=1", "=", "#", "?", "+", "%", "%22", "%3C/script%3E", "%00", "[", "]", "][0]",
    "${pwned(17)}", "{{constructor.constructor('pwned(18)')()}}", "{{Page URL}}", "{%", "%}", "<%= 7*7 %>", "<?php ?>", "#{7*7}", "__proto__", "constructor", "toString",
    "\x00", "\x01", "\x0b", "\x0c", "\x1b[31m", "\x7f", "\ufeff", "\u200b", "\u202e", "\ufffd", "\uffff", "é", "ß", "茶", "😀", "\U000e0001", "A" * 40,
)  # fmt: skip


def _texts() -> list[str]:
    """Each piece by itself, then mixtures. None is blank or holds an e-mail address, which would not be sent as they are."""
    chance = random.Random(20261122)  # noqa: S311  # no secret
    found = {f"x{piece}": None for piece in PIECES} | {f"{piece}y": None for piece in PIECES}
    while len(found) < 500:
        if (text := "".join(chance.choices(PIECES, k=chance.randint(2, 5)))).strip():
            found[text] = None
    return list(found)


TEXTS = _texts()


CUSTOM = ("note", "gift.message", "context.page.title", {"from": "note", "to": "__proto__"})
DESTINATIONS = [Destination({"tag_id": "2612345678901", "spec": spec, "custom_properties": [*CUSTOM]}, clock=lambda: NOW) for spec in ("ecommerce", "rudderstack")]
ITEM = ("product_id", "name", "category", "variant", "variant_id", "brand")
FIELDS = ("order_id", "promo_code", "coupon", "property", "query", "video_title", "lead_type", *ITEM, *(f"product_{name}" for name in ITEM[1:]), "note")


def event(text: str, number: int) -> dict[str, Any]:
    """An event with *text* in every text field that there is; the kind of event and where its products are go by *number*."""
    name = (None, "Order Completed", "Products Searched", "Product Viewed", text)[number % 5]
    return {
        "type": "track" if name else "page", "event": name, "name": text, "category": text, "messageId": text, "timestamp": NOW,
        "context": {"traits": dict.fromkeys(("email", "phone", "firstName", "id", "state"), text), "page": {"url": f"https://shop.example.com/?q={text}", "title": text}, "userAgent": text},
        "properties": {**dict.fromkeys(FIELDS, text), "gift": {"message": text}, "currency": text, "products": [dict.fromkeys(ITEM, text)] if number % 2 else None},
    }  # fmt: skip


def conversions() -> list[Conversion]:
    """What becomes of an event for each of the texts, under one spec or the other."""
    return [DESTINATIONS[number // 5 % 2].transform(event(text, number), "pintrk") for number, text in enumerate(TEXTS)]
