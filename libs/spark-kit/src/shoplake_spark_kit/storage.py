"""The storage of the session's catalog as Python sees it: small reads that are not worth a Spark job."""

from functools import lru_cache

from pyiceberg.io import FileIO, load_file_io
from pyspark.sql import SparkSession

from shoplake_spark_kit.session import CATALOG


@lru_cache(maxsize=1)
def file_io(spark: SparkSession) -> FileIO:
    """Opens files by the names that tables have for them, with the catalog's own settings.

    Once per session: to read its settings takes hundreds of calls to Java.
    """
    root = f"spark.sql.catalog.{CATALOG}."
    settings = {key.removeprefix(root): value for key, value in spark.conf.getAll.items() if key.startswith(root)}
    return load_file_io(settings, location=settings["warehouse"])
