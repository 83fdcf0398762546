"""What became of quarantined events: the newest row of `silver.quarantine_outcomes` is an event's status.

Quarantine itself is never changed, so this ledger is where a replay, a backfill or a person says what it decided.
"""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from silver_process.box import in_contract
from silver_process.routing import ADDRESS

OUTCOMES = "silver.quarantine_outcomes"
REPLAYED, STILL_BAD, DISCARDED = "replayed", "still_bad", "discarded"


def newest(ledger: DataFrame) -> DataFrame:
    """Address, `outcome` and `outcome_reason` of each event that has an outcome."""
    last = F.expr("max_by(struct(outcome, reason), struct(at, run_id))").alias("last")
    found = ledger.groupBy(*ADDRESS).agg(last)
    return found.selectExpr(*(f"`{name}`" for name in ADDRESS), "last.outcome", "last.reason AS outcome_reason")


def ledger_rows(told: DataFrame, run_id: str, at: datetime) -> DataFrame:
    """The ledger's rows for events with `outcome` and `reason`."""
    return in_contract(told.select("*", F.lit(run_id).alias("run_id"), F.lit(at).alias("at")), OUTCOMES)
