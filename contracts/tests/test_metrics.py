"""Metrics: a closed set, in base units, and no label that could grow with the shop."""

import pytest
from shoplake_contracts import metrics
from shoplake_contracts.metrics import Metric

ALL = pytest.mark.parametrize("metric", metrics.load().values(), ids=lambda metric: metric.name)
SERVICES = {"generator", "bronze-ingest", "silver-process", "gold-batch", "health"}


@ALL
def test_a_name_says_the_prefix_the_kind_and_the_unit(metric: Metric) -> None:
    assert metric.name.startswith("shoplake_")
    assert metric.name.endswith("_total") is (metric.type == "counter")
    assert metric.name.endswith("_seconds") is (metric.unit == "seconds")
    assert metric.name.endswith("_bytes") is (metric.unit == "bytes")


@ALL
def test_labels_are_declared_and_no_ids(metric: Metric) -> None:
    assert set(metric.labels) <= metrics.labels().keys()
    assert [label for label in metric.labels if label == "id" or label.endswith("_id")] == []


@ALL
def test_a_metric_says_what_it_means_what_to_do_and_who_has_it(metric: Metric) -> None:
    assert metric.doc
    assert metric.action
    assert set(metric.services) <= SERVICES
    assert metric.services


@ALL
def test_buckets_rise(metric: Metric) -> None:
    assert (metric.buckets is not None) is (metric.type == "histogram")
    assert list(metric.buckets or ()) == sorted(set(metric.buckets or ()))


def test_every_label_is_used() -> None:
    assert {label for metric in metrics.load().values() for label in metric.labels} == metrics.labels().keys()
