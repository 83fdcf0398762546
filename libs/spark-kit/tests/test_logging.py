"""What the JVM's log leaves out is named rightly: a logger that Spark has renamed would speak again and again."""

import pytest
from pyspark.sql import SparkSession
from shoplake_spark_kit.session import LOG4J

NAMES = [
    line.partition(" = ")[2]
    for line in LOG4J.read_text().splitlines()
    if line.startswith("logger.") and ".name = " in line
]


@pytest.mark.spark
@pytest.mark.parametrize("name", NAMES)
def test_a_quiet_logger_is_one_that_there_is(spark: SparkSession, name: str) -> None:
    java = spark._jvm  # the log is the JVM's
    assert java is not None
    if name.rpartition(".")[2][0].isupper():
        java.java.lang.Class.forName(name)
    assert not java.org.apache.logging.log4j.LogManager.getLogger(name).isWarnEnabled()
