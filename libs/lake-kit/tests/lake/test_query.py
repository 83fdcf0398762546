"""SQL over real Iceberg files: what people type, and what they must not be able to do with it."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from shoplake_contracts.errors import InvalidRequest, NotFound
from shoplake_lake_kit.query import run_sql, table_references
from shoplake_lake_kit.settings import LakeSettings


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT * FROM iceberg.silver.purchases", ["silver.purchases"]),
        ("select * from ICEBERG.Silver.PURCHASES", ["silver.purchases"]),
        ('SELECT * FROM "iceberg"."silver"."purchases"', ["silver.purchases"]),
        ("SELECT iceberg.gold.a.x FROM iceberg . gold . a JOIN iceberg.gold.b USING (x)", ["gold.a", "gold.b"]),
        ("SELECT 'from iceberg.silver.a' -- iceberg.silver.b\n/* iceberg.silver.c */", []),
        ("SELECT 'it''s iceberg.silver.a', $$iceberg.silver.b$$ FROM iceberg.silver.c", ["silver.c"]),
        ("SELECT my_iceberg.silver.a, x.iceberg.silver.b", []),
    ],
)
def test_the_tables_that_a_statement_names(sql: str, names: list[str]) -> None:
    assert table_references(sql) == names


@pytest.mark.usefixtures("purchases")
def test_values_keep_their_types(lake: LakeSettings) -> None:
    result = run_sql(lake, "SELECT user_id, total_amount, timestamp, items FROM iceberg.silver.purchases ORDER BY 1")
    assert result.to_pylist()[0] == {
        "user_id": "a",
        "total_amount": Decimal("10.5000"),
        "timestamp": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        "items": [{"product_id": "p1", "quantity": 2}],
    }


@pytest.mark.usefixtures("purchases")
def test_a_table_may_be_named_twice(lake: LakeSettings) -> None:
    sql = """
        SELECT count(*) AS pairs, sum(l.total_amount) AS amount
        FROM iceberg.silver.purchases AS l JOIN iceberg.silver.purchases AS r USING (user_id)
    """
    assert run_sql(lake, sql).to_pylist() == [{"pairs": 3, "amount": Decimal("12.7501")}]


@pytest.mark.usefixtures("purchases")
def test_today_is_a_day_in_utc(lake: LakeSettings) -> None:
    today = run_sql(lake, "SELECT CURRENT_DATE AS today, current_setting('TimeZone') AS zone;").to_pylist()[0]
    assert today["zone"] == "UTC"
    assert abs(today["today"] - datetime.now(UTC).date()).days <= 1


@pytest.mark.usefixtures("purchases")
def test_tables_can_be_described(lake: LakeSettings) -> None:
    columns = run_sql(lake, "DESCRIBE iceberg.silver.purchases").to_pydict()
    assert columns["column_name"] == ["user_id", "total_amount", "timestamp", "items"]
    assert columns["column_type"][1] == "DECIMAL(18,4)"


@pytest.mark.usefixtures("purchases")
def test_an_unknown_table_names_those_that_exist(lake: LakeSettings) -> None:
    with pytest.raises(NotFound, match=r"iceberg.gold.purchases; tables: silver.purchases"):
        run_sql(lake, "SELECT * FROM iceberg.gold.purchases")


@pytest.mark.usefixtures("purchases")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nothing FROM iceberg.silver.purchases",
        "SELEC 1",
        "",
        "SELECT 1; SELECT 2",
        "DELETE FROM iceberg.silver.purchases",
        "CREATE TABLE x AS SELECT 1",
        "INSTALL httpfs",
        "SET TimeZone = 'Asia/Tokyo'",
        "COPY (SELECT 1) TO 'out.csv'",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
    ],
)
def test_what_is_no_reading_statement_over_the_lake_is_refused(lake: LakeSettings, sql: str) -> None:
    with pytest.raises(InvalidRequest):
        run_sql(lake, sql)


@pytest.mark.usefixtures("purchases")
def test_python_variables_are_out_of_reach(lake: LakeSettings, tmp_path: Path) -> None:
    assert tmp_path.exists()
    with pytest.raises(InvalidRequest, match="tmp_path"):
        run_sql(lake, "SELECT * FROM tmp_path")
