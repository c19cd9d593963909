"""Text that is made to break out of scripts, attributes, comments and URLs; the same 500 at every run."""

import random

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
