"""What speaks against events: the names that stand in quality_flags and in quarantine's errors, and what they mean."""

from collections.abc import Mapping
from functools import cache
from itertools import chain
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import rules
from shoplake_contracts.reasons import Reason
from shoplake_contracts.rules import Dimension

from gold_batch.quality.homes import HOMES

UNKNOWN: Dimension = "validity"
# Faults that silver finds without a rule; all others are of the payload's form.
_COMPLETENESS = {Reason.EMPTY, Reason.MISSING_FIELD, Reason.NO_VISITOR}
_CONSISTENCY = {Reason.UNEXPECTED_EVENT_TYPE, Reason.INCONSISTENT_TOTAL}
_TIMELINESS = {Reason.FUTURE_TIMESTAMP, Reason.TOO_OLD}


class Verdict(NamedTuple):
    """What it means that a name stands there.

    Attributes:
        dimension: the quality dimension that it counts for.
        action: warn, quarantine or fail.
    """

    dimension: Dimension
    action: str


@cache
def verdicts() -> Mapping[str, Verdict]:
    """Every name that the contracts know."""
    found = {reason.value: Verdict(_of_reason(reason), "quarantine") for reason in Reason}
    found |= {"header_mismatch": Verdict("consistency", "warn"), "id_conflict": Verdict("uniqueness", "warn")}
    for rule in chain.from_iterable(map(rules.load, HOMES)):
        found[rule.name] = Verdict(rule.dimension, rule.action)
    return found


def dimension_of(name: Column) -> Column:
    """The dimension that a name counts for."""
    return F.coalesce(_lookup("dimension")[name], F.lit(UNKNOWN))


def action_of(name: Column) -> Column:
    """The action of a name; of one that an older contract knew, warn."""
    return F.coalesce(_lookup("action")[name], F.lit("warn"))


def _lookup(part: str) -> Column:
    # As text: a hundred literals built one by one took longer than the query.
    pairs = (f"'{name}', '{getattr(verdict, part)}'" for name, verdict in verdicts().items())
    return F.expr(f"map({', '.join(pairs)})")


def _of_reason(reason: Reason) -> Dimension:
    if reason in _COMPLETENESS:
        return "completeness"
    if reason in _CONSISTENCY:
        return "consistency"
    return "timeliness" if reason in _TIMELINESS else "validity"
