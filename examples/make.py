"""Make the example events anew: `python examples/make.py` writes them, `--check` only compares. Always the same ones."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from examples.faults import spoil
from examples.shop import CUSTOMERS, NOW, PRODUCTS, SITE
from examples.sources import Event
from examples.visits import Visit, aside, visits

HERE = Path(__file__).parent
SEED = 20260302
VISITS = 64


def generator(file: str) -> Random:
    """Where all chance of a file comes from."""
    return Random(f"{SEED} {file}")  # noqa: S311  # for invented customers, not for secrets


def shop_visit() -> list[Event]:
    """One visitor's visit, step by step: first in the browser, then in the app."""
    rng = generator("shop-visit")
    web = Visit(rng, CUSTOMERS[0], "web", NOW - timedelta(hours=5))
    _browse(web)
    _sign_up(web)
    _buy(web)
    app = Visit(rng, CUSTOMERS[0], "ios", web.moment + timedelta(hours=1), known=True)
    _use_app(app)
    return web.events + app.events


def _browse(visit: Visit) -> None:
    mug, throw = PRODUCTS[0], PRODUCTS[6]
    visit.look("Home", "/?utm_source=pinterest&epik=dj0yJnU9ZXhhbXBsZQ")
    visit.look("Kitchen", "/kitchen", "Kitchen")
    visit.track("Product List Viewed", "/kitchen", list_id="kitchen", category="Kitchen", products=[visit.item(product) for product in PRODUCTS[:3]])
    visit.track("Products Searched", "/search?q=mug", query="mug")
    visit.track("Product Viewed", f"/products/{mug.slug}", currency="USD", **visit.item(mug))
    aside(visit, "Product Customized")
    visit.track("Product Added", f"/products/{mug.slug}", currency="USD", value=36, **visit.item(mug, 2))
    visit.track("Product Added to Wishlist", f"/products/{throw.slug}", currency="USD", wishlist_id="w-0", **visit.item(throw))
    aside(visit, "Video Playback Started")
    aside(visit, "Article Read")
    visit.track("Product Added", f"/products/{throw.slug}", currency="USD", value=74.9, **visit.item(throw))


def _sign_up(visit: Visit) -> None:
    visit.identify()
    visit.track("Signed Up", "/account/new", plan="basic", loyalty_tier="gold")
    visit.add("alias", "/account/new", previousId=CUSTOMERS[0].anonymous_id)
    visit.add("group", "/account/new", groupId="club-7", traits={"name": "Example Ceramics Club"})


def _buy(visit: Visit) -> None:
    visit.basket = [(PRODUCTS[0], 2), (PRODUCTS[6], 1)]
    order = visit.order("o-60001", "SPRING10")
    visit.track("Checkout Started", "/checkout", **order)
    visit.track("Payment Info Entered", "/checkout/payment", checkout_id="o-60001", payment_method="card")
    visit.track("Order Completed", "/checkout/thanks", **order, gift={"wrapped": True})


def _use_app(visit: Visit) -> None:
    visit.track("Application Installed", version="3.14.0", build="3140")
    visit.track("Application Opened", version="3.14.0", url=f"{SITE}/app")
    visit.look("Home", "/")
    visit.look("Order", "/orders")
    for name in ("Trial Started", "Subscription Created", "Store Located", "Appointment Booked", "Support Chat Started", "Newsletter Opened"):
        aside(visit, name)


def order_stream() -> tuple[list[str], dict[str, int]]:
    """Two days of the shop, as lines, and in which line (from 1) each fault is."""
    rng = generator("orders")
    timed = [pair for visit in visits(rng, VISITS) for pair in visit.timed]
    timed.sort(key=lambda pair: pair[0])
    return spoil(rng, [event for _, event in timed])


def files() -> dict[str, str]:
    """The files by name, as they should be."""
    visit = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in shop_visit()]
    stream, _ = order_stream()
    return {"shop-visit.jsonl": _text(visit), "orders.jsonl": _text(stream)}


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare the files; give 1 if one that was only to be compared is another."""
    parser = argparse.ArgumentParser(description="Make the example events anew.")
    parser.add_argument("--check", action="store_true", help="only tell which files are not as this program makes them")
    check = parser.parse_args(arguments).check
    made = files()
    stale = [name for name in made if not (HERE / name).exists() or (HERE / name).read_bytes() != made[name].encode()]
    for name in stale:
        print(f"examples/{name} is not as made" if check else f"examples/{name} written, {made[name].count(chr(10))} lines")
        if not check:
            (HERE / name).write_bytes(made[name].encode())
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
