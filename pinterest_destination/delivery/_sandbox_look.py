"""How the sandbox's page looks and renews itself: one style sheet, one script, nothing from outside."""

from __future__ import annotations

import base64
from hashlib import sha256

STYLE = """
:root{color-scheme:light dark;--bg:#f8f5f1;--card:#fff;--ink:#241c21;--soft:#6c6067;--line:#e8e1d9;--mark:#d01f36;
--accepted:#1b7d4c;--duplicate:#8a6100;--refused:#c0203a;--test:#6650c2;--lost:#6c6067;--tint:12%}
@media (prefers-color-scheme:dark){:root{--bg:#171417;--card:#211d21;--ink:#f2edef;--soft:#ab9fa6;--line:#383138;--mark:#ff6b78;
--accepted:#57c98d;--duplicate:#e5b352;--refused:#ff8188;--test:#b5a2f7;--lost:#ab9fa6;--tint:18%}}
*{box-sizing:border-box;margin:0}
body{background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
max-width:1120px;margin:0 auto;padding:28px 20px 56px;overflow-wrap:anywhere}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.87em}
header{display:flex;flex-wrap:wrap;align-items:center;gap:4px 14px;margin-bottom:22px}
h1{font-size:22px;letter-spacing:-.01em;line-height:1.2}
h1::before{content:"";display:inline-block;width:15px;height:15px;border-radius:50% 50% 50% 2px;background:var(--mark);
transform:rotate(-45deg);margin-right:11px;vertical-align:1px}
header p{color:var(--soft);flex:1 1 260px}
.live{font-size:13px;color:var(--soft);white-space:nowrap}
.live::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;background:var(--accepted);margin-right:7px}
.live::after{content:"listening"}
.gone .live::before{background:var(--refused)}
.gone .live::after{content:"stopped"}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:18px 20px;margin-bottom:16px}
h2{font-size:13px;font-weight:600;color:var(--soft);margin-bottom:12px;display:flex;justify-content:space-between;gap:12px}
h2 span{font-weight:400}
.pair{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:0 16px}
.big{font-size:46px;line-height:1;font-weight:650;letter-spacing:-.03em;font-variant-numeric:tabular-nums}
.big small{display:inline-block;font-size:15px;font-weight:400;letter-spacing:0;color:var(--soft);margin-left:8px}
.split{display:flex;gap:2px;height:12px;margin:18px 0 14px;border-radius:6px;overflow:hidden;background:var(--line)}
.split i{background:var(--c);min-width:3px}
.key{display:flex;flex-wrap:wrap;gap:6px 22px;list-style:none;padding:0;font-variant-numeric:tabular-nums}
.key li{color:var(--soft)}
.key li::before{content:"";display:inline-block;width:9px;height:9px;border-radius:3px;background:var(--c);margin-right:8px}
.key b{color:var(--ink);font-weight:600}
.accepted{--c:var(--accepted)}.duplicate{--c:var(--duplicate)}.refused{--c:var(--refused)}.test{--c:var(--test)}.lost{--c:var(--lost)}
dl{display:grid;grid-template-columns:1fr auto;gap:7px 16px}
dt{color:var(--soft)}
dd{text-align:right;font-weight:600;font-variant-numeric:tabular-nums}
.line{display:flex;align-items:flex-end;gap:2px;height:68px;list-style:none;padding:0 0 1px;border-bottom:1px solid var(--line);margin:12px 0 4px}
.axis{display:flex;justify-content:space-between;font-size:12px;margin-bottom:10px}
.line li{flex:1 1 0;max-width:22px;min-width:0;background:var(--c);border-radius:3px 3px 0 0;opacity:.9}
.line li:hover{opacity:1;filter:brightness(1.15)}
.line .lost{background:repeating-linear-gradient(45deg,var(--c) 0 3px,transparent 3px 6px)}
.rows{list-style:none;padding:0}
.rows>li{display:grid;gap:2px 14px;padding:10px 0;border-top:1px solid var(--line);align-items:baseline}
.rows>li:first-child{border-top:0;padding-top:2px}
.requests>li{grid-template-columns:48px 72px 56px minmax(0,1fr)}
.events>li{grid-template-columns:88px minmax(0,1fr) auto}
.note{grid-column:4/-1;color:var(--soft);font-size:14px}
.events .note{grid-column:2/-1}
.soft{color:var(--soft)}
.end b{margin-right:8px}
.end{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
time,.num{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--soft)}
.pill{display:inline-block;padding:0 9px;border-radius:99px;font-size:13px;font-weight:600;line-height:22px;color:var(--c);
background:color-mix(in srgb,var(--c) var(--tint),transparent);white-space:nowrap}
.chip{display:inline-block;border:1px solid var(--line);border-radius:6px;padding:0 6px;margin:3px 4px 0 0;font-size:12px;line-height:19px;color:var(--soft)}
.bars{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,4fr) auto;gap:7px 12px;align-items:center}
.bars span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bars i{display:block;height:9px;border-radius:0 5px 5px 0;background:var(--accepted);min-width:3px}
.bars span:nth-child(3n){text-align:right;font-variant-numeric:tabular-nums}
pre{overflow-x:auto;background:var(--bg);border-radius:9px;padding:12px 14px;margin-top:10px;white-space:pre-wrap}
.hint p+p,.hint pre+p{margin-top:12px}
@media (max-width:680px){.big small{display:block;margin:8px 0 0}body{padding:20px 12px 40px}section{padding:15px 14px;border-radius:12px}.pair{grid-template-columns:minmax(0,1fr);gap:0}
.big{font-size:38px}.requests>li{grid-template-columns:auto auto 1fr}.requests .sum,.requests .note,.events .note{grid-column:1/-1}
.events>li{grid-template-columns:auto 1fr}.events .what{grid-column:1/-1;grid-row:2}.requests .status{text-align:right}}
"""

SCRIPT = """
setInterval(async () => {
  if (document.hidden) return;
  try {
    const text = await (await fetch("/")).text();
    const now = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    const main = document.querySelector("main");
    if (now.dataset.mark !== main.dataset.mark) main.replaceWith(now);
    document.body.classList.remove("gone");
  } catch { document.body.classList.add("gone"); }
}, 1500);
"""

_HASH = base64.b64encode(sha256(SCRIPT.encode()).digest()).decode()

HEADERS = {
    # Should markup ever get through, it can neither run nor fetch anything.
    "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'; connect-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Headers of the page."""
