"""How visitors behave, as figures: what a scenario changes for a while, and what the tests measure."""

from pydantic import BaseModel, ConfigDict, Field


class Habits(BaseModel):
    """Shares are of 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    guest_share: float = Field(0.25, ge=0, le=1, description="Of the visits: without an account, and so of the orders")
    bot_share: float = Field(0.02, ge=0, le=1, description="Of the visits: machines that only look, and long")
    product_update_share: float = Field(0.06, ge=0, lt=1, description="Of the events: changes of the catalogue")
    refunded_share: float = Field(0.08, ge=0, le=1, description="Of the orders: given back later, in whole or in part")
    checkout_success: float = Field(0.75, ge=0, le=1, description="Of what follows a checkout: the purchase")
    favourite_share: float = Field(0.4, ge=0, le=1, description="Of the looks: into the visitor's favourite category")
    hot_products: int = Field(1, ge=1, description="So many of the most popular products are in the news")
    hot_share: float = Field(0.0, ge=0, le=1, description="Of the looks: at those")
    discounted_share: float = Field(0.3, ge=0, le=1, description="Of the orders: with a discount of 5 to 20 percent")


USUAL = Habits()
