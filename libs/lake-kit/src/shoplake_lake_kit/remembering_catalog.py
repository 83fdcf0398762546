"""PyIceberg's SQL catalog, which reads no metadata file twice: a commit writes another one, and none is ever changed.

Who looks at many tables every few seconds would spend most of that time on parsing what has not changed since.
"""

from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.table import Table


class RememberingCatalog(SqlCatalog):
    """Asks the database at every call which metadata file is the newest, and parses it if it is a new one."""

    def __init__(self, name: str, **properties: str) -> None:
        super().__init__(name, **properties)
        self._read: dict[tuple[str, str], Table] = {}

    def _convert_orm_to_iceberg(self, orm_table: IcebergTables) -> Table:
        key = (orm_table.table_namespace, orm_table.table_name)
        known = self._read.get(key)
        if known is None or known.metadata_location != orm_table.metadata_location:
            known = self._read[key] = super()._convert_orm_to_iceberg(orm_table)
        # A table moves on when it commits; what it is made of is never changed.
        return Table(known.name(), known.metadata, known.metadata_location, known.io, self, known.config)
