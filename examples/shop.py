"""An invented shop: what it sells, in which markets, and to whom. Nobody and nothing in it is real."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from attrs import frozen

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
"""The moment at which the examples are "now": all their events lie in the two days before it."""

SITE = "https://shop.example.com"


@frozen
class Product:
    """Something to buy. Out of a hundred products that people look at, *weight* are this one."""

    product_id: str
    name: str
    category: str
    variant: str
    brand: str
    price: str
    """In US dollars, before tax."""
    weight: int

    @property
    def sku(self) -> str:
        """The stock number: another one than the product's id, as in real shops."""
        return f"{self.category[:3].upper()}-{self.product_id[2:]}-{self.variant[:2].upper()}"

    @property
    def slug(self) -> str:
        """The last part of the product page's address."""
        return self.name.lower().replace(" ", "-")


PRODUCTS = (
    Product("p-1001", "Stoneware Mug", "Kitchen", "Sage", "Example Home", "18.00", 12),
    Product("p-1002", "Walnut Serving Board", "Kitchen", "Large", "Example Home", "42.50", 7),
    Product("p-1003", "Pour Over Kettle", "Kitchen", "Matte Black", "Example Studio", "64.00", 6),
    Product("p-1004", "Set of Four Bowls", "Kitchen", "Oat", "Example Home", "38.00", 8),
    Product("p-1005", "Linen Tea Towel", "Kitchen", "Indigo", "Example Home", "9.95", 9),
    Product("p-2001", "Rattan Pendant Lamp", "Living", "Natural", "Example Studio", "129.00", 5),
    Product("p-2002", "Wool Throw", "Living", "Rust", "Example Home", "74.90", 7),
    Product("p-2003", "Velvet Cushion", "Living", "Moss", "Example Home", "32.00", 9),
    Product("p-2004", "Oak Side Table", "Living", "Oiled", "Example Studio", "189.00", 3),
    Product("p-2005", "Framed Print", "Living", "Botanical", "Example Studio", "54.00", 6),
    Product("p-3001", "Waffle Bath Towel", "Bath", "White", "Example Home", "24.50", 8),
    Product("p-3002", "Cedar Bath Mat", "Bath", "Slatted", "Example Studio", "46.00", 3),
    Product("p-3003", "Soap Dish", "Bath", "Terrazzo", "Example Home", "12.00", 5),
    Product("p-4001", "Terracotta Planter", "Garden", "Medium", "Example Outdoor", "27.00", 7),
    Product("p-4002", "Watering Can", "Garden", "Copper", "Example Outdoor", "36.00", 4),
    Product("p-4003", "Herb Seed Box", "Garden", "Six Pots", "Example Outdoor", "21.50", 5),
)

SEARCHES = ("stoneware mug", "linen", "pendant lamp", "gift under 50", "planter 20 cm", "bath towel white", "wool throw")


@frozen
class Market:
    """A country that the shop delivers to."""

    currency: str
    rate: str
    """What a US dollar is there; fixed, so that the examples stay as they are."""
    digits: int
    """Digits behind the point of the currency."""
    locale: str
    timezone: str

    def price(self, product: Product) -> Decimal:
        """What *product* costs there."""
        return (Decimal(product.price) * Decimal(self.rate)).quantize(Decimal(1).scaleb(-self.digits))


MARKETS: Mapping[str, Market] = MappingProxyType(
    {
        "US": Market("USD", "1", 2, "en-US", "America/Chicago"),
        "CA": Market("CAD", "1.35", 2, "en-CA", "America/Toronto"),
        "GB": Market("GBP", "0.80", 2, "en-GB", "Europe/London"),
        "DE": Market("EUR", "0.90", 2, "de-DE", "Europe/Berlin"),
        "FR": Market("EUR", "0.90", 2, "fr-FR", "Europe/Paris"),
        "SE": Market("SEK", "10", 2, "sv-SE", "Europe/Stockholm"),
        "AU": Market("AUD", "1.50", 2, "en-AU", "Australia/Sydney"),
        "JP": Market("JPY", "150", 0, "ja-JP", "Asia/Tokyo"),
    }
)


@frozen
class Customer:
    """A person who visits the shop *weight* times as often as others."""

    number: int
    first: str
    last: str
    city: str
    state: str
    zip: str
    country: str
    gender: str
    birthday: str
    weight: int

    @property
    def user_id(self) -> str:
        """The shop's own id of this customer."""
        return f"user-{20400 + 7 * self.number}"

    @property
    def anonymous_id(self) -> str:
        """The id of the browser or app that they use."""
        return f"anon-{(self.number * 2654435761) % 2**32:08x}-{self.number:04d}"

    @property
    def email(self) -> str:
        """Their address, in one of the domains that belong to nobody."""
        name = f"{self.first}.{self.last}".encode("ascii", "ignore").decode().replace(" ", "")
        return f"{name}@example.{('com', 'org', 'net')[self.number % 3]}"

    @property
    def phone(self) -> str | None:
        """A number from the range that is kept for fiction; there is one only where +1 is the country code."""
        return f"+1 ({self.number + 301}) 555-01{self.number:02d}" if self.country in ("US", "CA") else None

    @property
    def ip(self) -> str:
        """An address from the ranges that are kept for documentation; every fourth is an IPv6 one."""
        return f"2001:db8::{self.number + 0x10:x}" if self.number % 4 == 3 else f"203.0.113.{self.number + 10}"

    @property
    def market(self) -> Market:
        """Where they buy."""
        return MARKETS[self.country]


CUSTOMERS = (
    Customer(0, "Ottilie", "Quimby", "Springfield", "Illinois", "62704", "US", "Female", "1988-04-12", 5),
    Customer(1, "Thorsten", "Vogelsang", "Lübeck", "Schleswig-Holstein", "23552", "DE", "male", "1979-11-03", 4),
    Customer(2, "Marguerite", "Trévoux", "Nîmes", "Occitanie", "30000", "FR", "f", "1992-07-30", 3),
    Customer(3, "Rupert", "Hollingsworth", "Kingston upon Hull", "", "HU1 3DZ", "GB", "M", "1985-01-19", 4),
    Customer(4, "Winnifred", "O'Sullivan", "Halifax", "Nova Scotia", "B3J 2K9", "CA", "woman", "1996-09-08", 3),
    Customer(5, "Kjerstin", "Åkerlund", "Örebro", "Örebro", "702 11", "SE", "F", "1990-02-28", 2),
    Customer(6, "Yoshimori", "Tsukahara", "Sapporo", "Hokkaido", "060-0001", "JP", "male", "1982-12-24", 2),
    Customer(7, "Lysander", "Whitlock", "Ballarat", "Victoria", "3350", "AU", "non-binary", "1999-05-17", 3),
    Customer(8, "Guillermo", "Santillón", "Tucson", "AZ", "85701-2044", "US", "male", "1971-03-05", 4),
    Customer(9, "Philippa", "Ziegler", "Madison", "WI", "53703", "US", "female", "2001-10-21", 4),
    Customer(10, "Ignatius", "Porthouse", "Duluth", "Minnesota", "55802", "US", "man", "1965-06-14", 1),
    Customer(11, "Sunniva", "Kristoffersson", "Umeå", "Västerbotten", "903 26", "SE", "f", "1994-08-02", 1),
    Customer(12, "Montgomery", "Utterson", "Leamington Spa", "", "CV32 4AT", "GB", "m", "1958-04-27", 1),
    Customer(13, "Liselotte", "Jürgens", "Görlitz", "Sachsen", "02826", "DE", "F", "1987-07-11", 2),
    Customer(14, "Prosper", "Vauquelin", "Saint-Étienne", "", "42000", "FR", "", "", 1),
    Customer(15, "Hyacinth", "Worthington", "Burlington", "VT", "05401", "US", "x", "1993-01-31", 2),
)
