"""Exact arithmetic: what money, shares and averages are made of, without a single floating-point number."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.terms import Terms

MONEY = "decimal(28,4)"
# Counts are divided as whole decimals of full width: the quotient then has six digits and is rounded once.
WHOLE = "decimal(38,0)"


def is_base(terms: Terms) -> Column:
    """Whether a row's `currency` is the one that totals are made of."""
    return F.col("currency").eqNullSafe(F.lit(terms.base_currency))


def total(amount: Column, when: Column) -> Column:
    """Σ amount over the rows where the condition holds; 0 without any."""
    return F.coalesce(F.sum(F.when(when, amount)), F.lit(0)).cast(MONEY)


def number(when: Column) -> Column:
    """How many rows the condition holds for."""
    return F.count(F.when(when, F.lit(1)))


def ratio(part: Column, whole: Column, type_: str = "decimal(9,6)") -> Column:
    """Part ÷ whole of two whole numbers, rounded half up to six digits; NULL when the whole is 0."""
    return F.round(part.cast(WHOLE) / F.nullif(whole.cast(WHOLE), F.lit(0).cast(WHOLE)), 6).cast(type_)


def average(amount: Column, count: Column) -> Column:
    """Money ÷ a count, rounded half up to four digits; NULL when the count is 0."""
    return F.round(amount.cast(MONEY) / F.nullif(count.cast(WHOLE), F.lit(0).cast(WHOLE)), 4).cast(MONEY)
