"""Only what is declared, as it is declared."""

import pytest
from shoplake_contracts import metrics as contract
from shoplake_service_kit.metrics import Metrics, resident_bytes


def test_an_undeclared_metric_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="shoplake_invented_total"):
        Metrics("shop").counter("shoplake_invented_total")


def test_a_metric_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="declared as a counter"):
        Metrics("shop").gauge("shoplake_control_calls_total")


@pytest.mark.parametrize("name", sorted(contract.load()))
def test_every_declared_metric_can_be_made_and_shared(name: str) -> None:
    metrics = Metrics("shop")
    make = getattr(metrics, contract.load()[name].type)
    assert make(name) is make(name)
    labels = contract.load()[name].labels
    metric = make(name).labels(*labels) if labels else make(name)
    assert metric is not None
    text = metrics.render().decode()
    assert f"# TYPE {name} {contract.load()[name].type}" in text
    assert "_created" not in text


def test_two_services_do_not_share_a_registry() -> None:
    one, other = Metrics("one"), Metrics("other")
    one.counter("shoplake_control_calls_total").labels(service="one", status="200").inc()
    assert b'service="one"' not in other.render()


def test_resident_memory_is_that_of_a_python_process() -> None:
    assert 5_000_000 < resident_bytes() < 10_000_000_000
