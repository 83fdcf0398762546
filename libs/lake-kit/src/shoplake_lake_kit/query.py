"""SQL over the lake without a JVM: PyIceberg reads the tables that a statement names, DuckDB answers it.

DuckDB's own Iceberg extension is not used: it is downloaded at first use. The statement sees a private copy in memory
and can reach neither files nor the network, so it can change nothing.
"""

import re
from collections.abc import Iterator

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from shoplake_contracts.errors import InvalidRequest

from shoplake_lake_kit.reader import CATALOG, load_table, open_catalog, scan
from shoplake_lake_kit.settings import LakeSettings

_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[A-Za-z_]\w*)'
_TOKEN = re.compile(
    rf"""
      '(?:[^']|'')*'                     # a string
    | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$  # a dollar-quoted string
    | --[^\n]*                           # a comment to the end of the line
    | /\*.*?\*/                          # a comment
    | (?P<name>{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER})*)
    | \d\w*                              # a number; keeps 1e5 from looking like a name
    """,
    re.VERBOSE | re.DOTALL,
)
_PARTS = 3
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def run_sql(settings: LakeSettings, sql: str) -> pa.Table:
    """Answer one reading statement over `iceberg.<namespace>.<table>`.

    Args:
        settings: Where the lake is.
        sql: In DuckDB's dialect; CURRENT_DATE and times without a zone are UTC.

    Raises:
        NotFound: It names a table that does not exist; the message lists those that do.
        InvalidRequest: It is no single reading statement, or DuckDB cannot run it.
        CatalogUnavailable: The catalog does not answer.
    """
    with duckdb.connect() as connection:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        try:
            _check_reading(connection, sql)
            with open_catalog(settings) as catalog:
                _load(connection, catalog, sql)
            return connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise InvalidRequest(str(error), remedy="Correct the statement; DuckDB's dialect is spoken.") from error


def table_references(sql: str) -> list[str]:
    """The tables named as `iceberg.<namespace>.<table>` outside strings and comments: `namespace.table`, sorted.

    Names are compared without regard to case or quotes, as DuckDB does, and come back in lower case.
    """
    return sorted({".".join(parts[1:_PARTS]) for parts in _names(sql) if len(parts) >= _PARTS and parts[0] == CATALOG})


def _names(sql: str) -> Iterator[list[str]]:
    for token in _TOKEN.finditer(sql):
        if token["name"]:
            parts = re.findall(_IDENTIFIER, token["name"])
            yield [part.strip('"').replace('""', '"').lower() for part in parts]


def _check_reading(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type not in _READING:
        raise InvalidRequest("one SELECT (or DESCRIBE, SUMMARIZE, EXPLAIN) at a time")


def _load(connection: duckdb.DuckDBPyConnection, catalog: Catalog, sql: str) -> None:
    for name in table_references(sql):
        namespace, _, table = name.rpartition(".")
        rows = scan(load_table(catalog, name)).to_arrow_batch_reader()
        connection.register("incoming", rows)
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS {CATALOG}."{namespace}"')
        # A copy, not a view: a stream can be read once, and a statement may name a table twice.
        connection.execute(f'CREATE TABLE {CATALOG}."{namespace}"."{table}" AS SELECT * FROM incoming')  # noqa: S608 - names come from the catalog
        connection.unregister("incoming")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
