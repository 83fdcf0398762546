"""Where the lake is, as the environment says it."""

import pytest
from pydantic import ValidationError
from shoplake_lake_kit.settings import LakeSettings


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAKE_CATALOG_URI", "sqlite:////srv/catalog.db")
    monkeypatch.setenv("SHOPLAKE_WAREHOUSE", "file:///srv/warehouse")
    monkeypatch.setenv("SHOPLAKE_BASE_CURRENCY", "GBP")
    settings = LakeSettings()
    assert (settings.catalog, settings.catalog_uri) == ("sqlite", "sqlite:////srv/catalog.db")
    assert (settings.warehouse, settings.base_currency) == ("file:///srv/warehouse", "GBP")


@pytest.mark.parametrize(
    "wrong",
    [{"catalog_uri": "sqlite:///relative.db"}, {"catalog": "hadoop"}, {"base_currency": "pounds"}],
)
def test_what_cannot_work_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        LakeSettings.model_validate(wrong)
