"""What a visitor may do next, and how likely it is: the state machine of a visit, as data."""

from enum import StrEnum

from .chance import Weighted
from .events import members
from .habits import Habits


class Step(StrEnum):
    """What a visitor can do; each is one event."""

    ARRIVE = "arrive"
    LOGIN = "login"
    HOME = "home"
    CATEGORY = "category"
    SEARCH = "search"
    PRODUCT = "product"
    ADD = "add"
    REMOVE = "remove"
    CART = "cart"
    CHECKOUT = "checkout"
    PURCHASE = "purchase"
    LOGOUT = "logout"


NEXT: dict[Step, dict[Step, float]] = {
    Step.ARRIVE: {Step.HOME: 0.30, Step.CATEGORY: 0.20, Step.SEARCH: 0.15, Step.PRODUCT: 0.35},
    Step.LOGIN: {Step.CATEGORY: 0.40, Step.SEARCH: 0.30, Step.PRODUCT: 0.30},
    Step.HOME: {Step.CATEGORY: 0.40, Step.SEARCH: 0.30, Step.PRODUCT: 0.30},
    Step.CATEGORY: {Step.PRODUCT: 0.70, Step.CATEGORY: 0.18, Step.SEARCH: 0.12},
    Step.SEARCH: {Step.PRODUCT: 0.75, Step.SEARCH: 0.15, Step.CATEGORY: 0.10},
    Step.PRODUCT: {Step.ADD: 0.40, Step.PRODUCT: 0.32, Step.CATEGORY: 0.16, Step.SEARCH: 0.12},
    Step.ADD: {Step.CART: 0.35, Step.CHECKOUT: 0.25, Step.PRODUCT: 0.27, Step.CATEGORY: 0.13},
    Step.REMOVE: {Step.CART: 0.60, Step.PRODUCT: 0.40},
    Step.CART: {Step.CHECKOUT: 0.70, Step.REMOVE: 0.12, Step.PRODUCT: 0.18},
    Step.CHECKOUT: {Step.PURCHASE: 0.75, Step.CART: 0.25},
    Step.PURCHASE: {Step.HOME: 0.60, Step.PRODUCT: 0.40},
}
"""The funnel of people. How many steps a visit has is drawn before it begins (`Chance.lengths`): visits end anywhere. A
step that cannot be taken (an empty cart, nothing in stock) becomes a look at a category."""

BOT_NEXT = {Step.CATEGORY: 0.25, Step.PRODUCT: 0.70, Step.SEARCH: 0.05}
"""A machine looks at page after page, whatever it saw last."""

# Where a user signs in or out, a guest is on the front page, and both go on alike: so guests have the same share of the
# orders as of the visits.
LOGIN_SHARE = 0.5
LOGOUT_SHARE = 0.4
QUANTITIES = Weighted(((1, 0.75), (2, 0.17), (3, 0.05), (6, 0.03)))


def funnel(habits: Habits) -> dict[Step, Weighted[Step]]:
    """The choice behind each step."""
    success = habits.checkout_success
    steps = NEXT | {Step.CHECKOUT: {Step.PURCHASE: success, Step.CART: 1 - success}}
    return {step: Weighted(tuple(after.items())) for step, after in steps.items()}


def _source(
    referrer: str | None, source: str | None = None, medium: str | None = None, campaign: str | None = None
) -> str:
    return members({"referrer": referrer, "utm_source": source, "utm_medium": medium, "utm_campaign": campaign})


CHANNELS = Weighted(
    (
        (_source(None), 0.33),
        (_source("https://www.google.com/"), 0.28),
        (_source("https://www.google.com/", "google", "cpc", "brand"), 0.13),
        (_source(None, "newsletter", "email", "weekly"), 0.10),
        (_source("https://www.instagram.com/", "instagram", "social", "summer"), 0.06),
        (_source("https://www.facebook.com/", "facebook", "paid_social", "retargeting"), 0.04),
        (_source("https://blog.example.org/best-gifts"), 0.04),
        (_source("https://deals.example.net/", "deals", "affiliate", "always-on"), 0.02),
    )
)
