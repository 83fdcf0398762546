"""Whether the recommendation score says more than plain popularity: hit-rate@10 on the orders of the days that follow.

    python benchmarks/recommendation_hit_rate.py --home .shoplake/demo [--days 7]

For every day of gold.product_analytics the ten goods with the highest score are picked, and the ten with the most units
of 28 days. An order of the following days is a hit if it has one of the ten; none that a pick knows of judges it.
"""

import argparse
import sys
from pathlib import Path

from shoplake_lake_kit.query import run_sql
from shoplake_lake_kit.settings import LakeSettings

PICKED = 10
SQL = """
WITH picks AS (
  SELECT 'recommendation_score' AS picked_by, partition_date AS day, product_id
  FROM iceberg.gold.product_analytics WHERE is_product
  QUALIFY row_number() OVER (PARTITION BY partition_date ORDER BY recommendation_score DESC, product_id) <= {picked}
  UNION ALL
  SELECT 'units_28d', partition_date, product_id FROM iceberg.gold.product_analytics WHERE is_product
  QUALIFY row_number() OVER (PARTITION BY partition_date ORDER BY units_28d DESC, product_id) <= {picked}),
lines AS (
  SELECT DISTINCT timestamp::DATE AS day, order_id, unnest(items).product_id AS product_id
  FROM iceberg.silver.purchases WHERE event_type = 'purchase' AND total_amount > 0),
orders AS (
  SELECT DISTINCT p.picked_by, p.day, l.order_id FROM (SELECT DISTINCT picked_by, day FROM picks) AS p
  JOIN lines AS l ON l.day > p.day AND l.day <= p.day + {days}),
hits AS (
  SELECT DISTINCT p.picked_by, p.day, l.order_id FROM picks AS p
  JOIN lines AS l ON l.product_id = p.product_id AND l.day > p.day AND l.day <= p.day + {days})
SELECT picked_by, count(*) AS orders, count(h.order_id) AS hits
FROM orders AS o LEFT JOIN hits AS h USING (picked_by, day, order_id) GROUP BY picked_by ORDER BY picked_by
"""


def main() -> int:
    """Print the two rates; 2 if the home has no two days to compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="of a stack that has been up")
    parser.add_argument("--days", type=int, default=7, help="following days whose orders are judged")
    asked = parser.parse_args()
    home = asked.home.resolve()
    lake = LakeSettings(catalog_uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
    rows = run_sql(lake, SQL.format(picked=PICKED, days=asked.days)).to_pylist()
    if not rows:
        print("no order follows a day of gold.product_analytics: several days of history are needed", file=sys.stderr)
        return 2
    for row in rows:
        rate = row["hits"] / row["orders"]
        print(f"hit-rate@{PICKED} by {row['picked_by']}: {rate:.4f} ({row['hits']:,} of {row['orders']:,} orders)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
