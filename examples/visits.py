"""Visits to the shop: what a customer does there, as the events that a customer data platform gets."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from .shop import CUSTOMERS, NOW, PRODUCTS, SEARCHES, SITE, Customer, Product
from .sources import Event, Source, envelope, money, traits

Basket = list[tuple[Product, int]]

SIDE_EVENTS = (
    "Store Located", "Support Chat Started", "Product Customized", "Appointment Booked", "Trade Account Requested",
    "Article Read", "Gift Registry Created", "Newsletter Opened", "Lead Generated", "Trial Started",
    "Subscription Created", "Video Playback Started",
)  # fmt: skip
"""What else happens in a shop; examples/settings.json says what those become that no spec knows."""


class Visit:
    """One customer's way through the shop from one source. Each step adds an event, and takes some time."""

    def __init__(self, rng: Random, customer: Customer, source: Source, start: datetime, *, known: bool = False) -> None:
        self.rng = rng
        self.customer = customer
        self.source = source
        self.moment = start
        self.known = known
        self.basket: Basket = []
        self.timed: list[tuple[datetime, Event]] = []

    @property
    def events(self) -> list[Event]:
        """What happened, in order."""
        return [event for _, event in self.timed]

    def add(self, call: str, path: str = "/", /, **parts: Any) -> None:
        """Add an event of type *call* with *parts* of its own."""
        self.moment += timedelta(milliseconds=self.rng.randrange(4_000, 90_000))
        made = envelope(self.source, self.customer, path, self.moment, known=self.known)
        message_id = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        self.timed.append((self.moment, {"type": call, "messageId": message_id, **parts, **made}))

    def track(self, name: str, path: str = "/", /, **properties: Any) -> None:
        """Add a track call."""
        self.add("track", path, event=name, properties=properties)

    def look(self, name: str, path: str, category: str = "") -> None:
        """Open a page, or a screen where there are no pages."""
        if self.source in ("ios", "android"):
            self.add("screen", name=name, properties={"category": category} if category else {})
        else:
            kind = {"category": category} if category else {}
            self.add("page", path, name=name, **kind, properties={"url": SITE + path, "title": name, **kind})

    def identify(self) -> None:
        """Log in: from here on the customer is known."""
        self.known = True
        self.add("identify", "/account", traits={**traits(self.customer, self.source), "loyalty_tier": "gold" if self.customer.weight > 3 else "basic"})

    def price(self, product: Product) -> Decimal:
        """What *product* costs this customer."""
        return self.customer.market.price(product)

    def item(self, product: Product, quantity: int = 1) -> Event:
        """A product as events hold it."""
        return {
            "product_id": product.product_id,
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "variant": product.variant,
            "brand": product.brand,
            "price": money(self.price(product), self.source),
            "quantity": quantity,
        }

    def order(self, order_id: str, coupon: str = "") -> Event:
        """The properties of an order of what is in the basket: `value` is before tax and delivery, as Pinterest wants it."""
        lines = sum((self.price(product) * quantity for product, quantity in self.basket), Decimal())
        unit = Decimal(1).scaleb(-self.customer.market.digits)
        discount = (lines / 10).quantize(unit) if coupon else Decimal(0) * unit
        tax, shipping = (lines / 20).quantize(unit), (lines / 25).quantize(unit)
        sums = {"value": lines - discount, "tax": tax, "shipping": shipping, "total": lines - discount + tax + shipping}
        return {
            "order_id": order_id,
            **{name: money(amount, self.source) for name, amount in sums.items()},
            "currency": self.customer.market.currency,
            **({"coupon": coupon, "discount": money(discount, self.source)} if coupon else {}),
            "products": [self.item(product, quantity) for product, quantity in self.basket],
        }


def choose(rng: Random, count: int) -> list[Product]:
    """Different products, those that people like more often than others."""
    chosen: dict[str, Product] = {}
    while len(chosen) < count:
        product = rng.choices(PRODUCTS, [product.weight for product in PRODUCTS])[0]
        chosen[product.product_id] = product
    return list(chosen.values())


def arrive(visit: Visit) -> None:
    """Come in: by the front page, a pin that leads to the shop, or a search."""
    door = visit.rng.random()
    if door < 0.45:
        visit.look("Home", "/")
    elif door < 0.7:
        pin = f"dj0yJnU9{visit.rng.getrandbits(64):016x}"
        visit.look("Landing", f"/pins/spring?utm_source=pinterest&epik={pin}")
    else:
        word = visit.rng.choice(SEARCHES)
        visit.track("Products Searched", f"/search?q={word.replace(' ', '+')}", query=word)


def browse(visit: Visit, products: Sequence[Product]) -> None:
    """Look through a category and at some products in it."""
    category = products[0].category
    path = f"/{category.lower()}"
    if visit.rng.random() < 0.6:
        visit.look(category, path, category)
    if visit.rng.random() < 0.4:
        listed = [product for product in PRODUCTS if product.category == category][:3]
        visit.track("Product List Viewed", path, list_id=path[1:], category=category, products=[visit.item(product) for product in listed])
    for product in products:
        visit.track("Product Viewed", f"/products/{product.slug}", currency=visit.customer.market.currency, **visit.item(product))


def fill_basket(visit: Visit, products: Sequence[Product]) -> None:
    """Put products into the basket, or on the list of wishes."""
    for product in products:
        path = f"/products/{product.slug}"
        currency = visit.customer.market.currency
        if visit.rng.random() < 0.15:
            visit.track("Product Added to Wishlist", path, wishlist_id=f"w-{visit.customer.number}", currency=currency, **visit.item(product))
            continue
        quantity = visit.rng.choices((1, 2, 4), (75, 18, 7))[0]
        visit.basket.append((product, quantity))
        value = money(visit.price(product) * quantity, visit.source)
        visit.track("Product Added", path, cart_id=f"c-{visit.customer.number}", currency=currency, value=value, **visit.item(product, quantity))


def check_out(visit: Visit, order_id: str) -> None:
    """Buy what is in the basket; not everyone goes all the way."""
    coupon = visit.rng.choices(("", "SPRING10"), (80, 20))[0]
    visit.track("Checkout Started", "/checkout", **visit.order(order_id, coupon))
    if visit.rng.random() < 0.15:
        return
    visit.track("Payment Info Entered", "/checkout/payment", checkout_id=order_id, payment_method="card")
    gift = {"gift": {"wrapped": True}} if visit.rng.random() < 0.2 else {}
    visit.track("Order Completed", "/checkout/thanks", **visit.order(order_id, coupon), **gift)


def log_in(visit: Visit) -> None:
    """Log in, some of them by making an account first."""
    new = visit.rng.random() < 0.35
    visit.identify()
    if new:
        visit.track("Signed Up", "/account/new", plan="basic")
        visit.add("alias", "/account/new", previousId=visit.customer.anonymous_id)


def aside(visit: Visit, name: str) -> None:
    """Do one of the other things that people do in a shop."""
    properties: dict[str, Event] = {
        "Video Playback Started": {"video_title": "How our mugs are made", "content_asset_id": "v-11"},
        "Lead Generated": {"lead_type": "Trade"},
        "Product Customized": {**visit.item(PRODUCTS[0]), "engraving": True},
        "Subscription Created": {"value": money(Decimal("9.00"), visit.source), "currency": visit.customer.market.currency, "predicted_ltv": 108},
        "Article Read": {"contentName": "Caring for walnut wood", "contentCategory": "Guides"},
    }
    visit.track(name, f"/{name.lower().replace(' ', '-')}", **properties.get(name, {"origin": "footer"}))


def full_visit(visit: Visit, order_id: str, side: str) -> None:
    """Come, look, perhaps buy; each step loses some of the visitors."""
    products = choose(visit.rng, visit.rng.choices((1, 2, 3), (55, 30, 15))[0])
    if visit.source in ("ios", "android"):
        visit.track("Application Opened", from_background=visit.rng.random() < 0.5, version="3.14.0")
    arrive(visit)
    browse(visit, products)
    aside(visit, side)
    if visit.rng.random() < 0.65:
        fill_basket(visit, products)
    if visit.basket and visit.rng.random() < 0.8:
        if not visit.known:
            log_in(visit)
        check_out(visit, order_id)


def single_order(visit: Visit, order_id: str, side: str) -> None:
    """An order that comes from a server or a till, without the visit before it."""
    visit.known = True
    visit.basket = [(product, visit.rng.choice((1, 1, 2))) for product in choose(visit.rng, visit.rng.choice((1, 2, 3)))]
    visit.track("Order Completed", "/checkout/thanks", **visit.order(order_id))


_WAYS: tuple[tuple[Source, int, Callable[[Visit, str, str], None]], ...] = (
    ("web", 52, full_visit),
    ("ios", 16, full_visit),
    ("android", 14, full_visit),
    ("server", 10, single_order),
    ("offline", 8, single_order),
)
"""Source, its share of all visits, and what people do there."""


def visits(rng: Random, count: int) -> Iterator[Visit]:
    """Visits within the two days before `NOW`, by customers who come back."""
    seen: set[int] = set()
    for number in range(count):
        customer = rng.choices(CUSTOMERS, [customer.weight for customer in CUSTOMERS])[0]
        source, _, go = rng.choices(_WAYS, [share for _, share, _ in _WAYS])[0]
        start = NOW - timedelta(hours=46 - 44 * number / count)
        visit = Visit(rng, customer, source, start, known=customer.number in seen and rng.random() < 0.7)
        go(visit, f"o-{60100 + number}", SIDE_EVENTS[number % len(SIDE_EVENTS)])
        seen.add(customer.number)
        yield visit
