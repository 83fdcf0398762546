"""What health says of gold is what gold-batch does."""

from gold_batch.gold_tables import GOLD_TABLES
from health.passport.document import GOLD_OF
from shoplake_lake_kit.stage_tables import SILVER


def test_each_silver_table_reaches_the_gold_tables_that_health_names() -> None:
    reached = {silver: {gold.name for gold in GOLD_TABLES if silver in gold.reach} for silver in SILVER}
    assert {silver: set(gold) for silver, gold in GOLD_OF.items()} == {
        name: gold for name, gold in reached.items() if gold
    }
