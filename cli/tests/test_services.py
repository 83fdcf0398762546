"""What each service is told, built in one place."""

from pathlib import Path

import pytest
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.services import (
    BRONZE,
    GENERATOR,
    HEALTH,
    SERVICES,
    SILVER,
    named,
    parse_overrides,
    service_env,
    shared_env,
)

HOME = Home.at(Path("/data/shop"))
PORTS = Ports.from_base(7000)
SHARED = shared_env(HOME, PORTS, Path("/java"), Path("/jars"))


def test_every_service_finds_broker_catalog_and_warehouse_of_its_stack() -> None:
    for service in SERVICES:
        env = service_env(service, HOME, PORTS, SHARED, {}, {})
        assert env["SHOPLAKE_KAFKA_BOOTSTRAP"] == "127.0.0.1:7005"
        assert env["SHOPLAKE_CATALOG_URI"] == "sqlite:////data/shop/catalog.db"
        assert env["SHOPLAKE_WAREHOUSE"] == "file:///data/shop/warehouse"
        assert env["SHOPLAKE_SPARK_JARS_DIR"] == "/jars/spark"
        assert env["JAVA_HOME"] == "/java"


def test_each_has_its_own_port_and_spark_its_own_scratch() -> None:
    silver = service_env(SILVER, HOME, PORTS, SHARED, {}, {})
    assert silver["SILVER_PORT"] == "7003"
    assert silver["SPARK_LOCAL_DIRS"] == "/data/shop/spark-scratch/silver-process"
    for service in (GENERATOR, BRONZE):
        assert "SPARK_LOCAL_DIRS" not in service_env(service, HOME, PORTS, SHARED, {}, {})


def test_health_knows_where_the_others_are() -> None:
    env = service_env(HEALTH, HOME, PORTS, SHARED, {}, {})
    urls = {key: value for key, value in env.items() if key.endswith("_URL")}
    assert urls == {
        "HEALTH_GENERATOR_URL": "http://127.0.0.1:7001",
        "HEALTH_BRONZE_URL": "http://127.0.0.1:7002",
        "HEALTH_SILVER_URL": "http://127.0.0.1:7003",
        "HEALTH_GOLD_URL": "http://127.0.0.1:7004",
    }


def test_the_stack_wins_over_the_outer_environment_and_the_command_line_over_both() -> None:
    outer = {"SHOPLAKE_KAFKA_BOOTSTRAP": "prod:9092", "SHOPLAKE_BASE_CURRENCY": "GBP", "SPARK_HOME": "/opt/spark2"}
    env = service_env(BRONZE, HOME, PORTS, SHARED, {"BRONZE_PORT": "1"}, outer)
    assert env["SHOPLAKE_KAFKA_BOOTSTRAP"] == "127.0.0.1:7005"
    assert env["SHOPLAKE_BASE_CURRENCY"] == "GBP"
    assert env["BRONZE_PORT"] == "1"
    assert "SPARK_HOME" not in env


def test_overrides_are_pairs() -> None:
    assert parse_overrides(["A=1", "B=x=y", "C="]) == {"A": "1", "B": "x=y", "C": ""}
    for wrong in ("A", "=1"):
        with pytest.raises(ValueError, match="is not KEY=VALUE"):
            parse_overrides([wrong])


def test_a_service_has_a_short_and_a_long_name() -> None:
    assert named("bronze") is named("bronze-ingest") is BRONZE
    assert named("dagster") is None
