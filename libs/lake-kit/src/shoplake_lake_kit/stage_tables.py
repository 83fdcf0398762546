"""Which tables each stage publishes, in publish order: the first one's stamp fixes the box for the others."""

from collections.abc import Mapping

from shoplake_lake_kit.ports import Role

BRONZE: Mapping[str, Role] = {"bronze.raw_events": Role.OUT}

SILVER: Mapping[str, Role] = {
    "silver.quarantine": Role.QUARANTINED,
    "silver.page_views": Role.OUT,
    "silver.cart_events": Role.OUT,
    "silver.purchases": Role.OUT,
    "silver.user_sessions": Role.OUT,
    "silver.product_updates": Role.OUT,
    "ops.duplicates": Role.DUPLICATES,
}

GOLD: Mapping[str, Role] = {
    "gold.customer_days": Role.DERIVED,
    "gold.daily_customer_analytics": Role.DERIVED,
    "gold.daily_sales_summary": Role.DERIVED,
    "gold.product_analytics": Role.DERIVED,
    "gold.daily_traffic_sources": Role.DERIVED,
    "gold.daily_funnel": Role.DERIVED,
    "gold.cart_abandonment": Role.DERIVED,
    "gold.customer_cohorts": Role.DERIVED,
    "gold.product_affinity": Role.DERIVED,
    "gold.data_quality_report": Role.DERIVED,
}

STAGES: Mapping[str, Mapping[str, Role]] = {"bronze": BRONZE, "silver": SILVER, "gold": GOLD}
