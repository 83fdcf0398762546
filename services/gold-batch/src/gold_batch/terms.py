"""The terms under which figures are computed, so that a transform asks neither clock nor environment."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

# Postage, fees and hand-made entries that shops book as lines, by their product_id.
NON_PRODUCTS = (
    r"^([DMSm]|C2|DOT|CRUK"
    r"|(?i:post(age)?|shipping|carriage|manual|discount|samples?|fees?|amazonfee|bank charges|adjust.*))$"
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the shop decided, and what this run was given.

    Attributes:
        computed_at: the clock of the run; lands in `computed_at` and in nothing else.
        as_of_position: the silver position that the figures were computed from, as JSON text.
        business_timezone: IANA name; an event's business day is its date there.
        base_currency: ISO 4217; the only currency that totals are made of.
        complete_before: the first day that is not proved complete by position; None = no proof was made.
        eve: the newest day before the asked ones with a snapshot of the customers to build on; None = there is none.
        session_gap_minutes: a longer silence of a visitor without session_id starts a new session.
        engaged_seconds: a session longer than this is engaged, whatever happened in it.
        new_customer_days: how long after the first order a customer can be New.
        margin_factor: what a unit of net spend is worth to the shop, for `lifetime_value`.
        late_after_seconds: an event that reaches the broker so long after it happened, or longer, is late.
        non_product_pattern: regular expression of the product_ids that are no goods.
    """

    computed_at: datetime
    as_of_position: str
    business_timezone: str = "UTC"
    base_currency: str = "USD"
    complete_before: date | None = None
    eve: date | None = None
    session_gap_minutes: int = 30
    engaged_seconds: int = 10
    new_customer_days: int = 30
    margin_factor: Decimal = Decimal(1)
    late_after_seconds: int = 3_600
    non_product_pattern: str = NON_PRODUCTS
