"""The JVM's options: with the archive of classes where there is one."""

from pathlib import Path

from shoplake_spark_kit.settings import SparkSettings


def test_an_archive_that_is_not_there_is_not_named(tmp_path: Path) -> None:
    settings = SparkSettings(class_archive=tmp_path / "none.jsa")
    assert settings.jvm_options == SparkSettings().jvm_options
    assert "SharedArchiveFile" not in settings.jvm_options


def test_an_archive_that_is_there_is_used_and_may_be_passed_over(tmp_path: Path) -> None:
    archive = tmp_path / "classes.jsa"
    archive.touch()
    options = SparkSettings(class_archive=archive).jvm_options.split()
    assert f"-XX:SharedArchiveFile={archive}" in options
    assert "-Xshare:auto" in options
