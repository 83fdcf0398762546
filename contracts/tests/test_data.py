"""The loaders refuse what they do not understand, instead of leaving it out."""

from pathlib import Path

import pytest
from shoplake_contracts.data import ContractError, check_keys, read_yaml, root


def test_the_data_is_found() -> None:
    assert (root() / "tables" / "bronze.raw_events.yaml").is_file()


def test_broken_yaml_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [1")
    with pytest.raises(ContractError, match=r"broken\.yaml"):
        read_yaml(path)


@pytest.mark.parametrize("content", [{"name": "x", "nmae": "y"}, {}])
def test_unknown_and_missing_keys_are_refused(content: dict[str, str]) -> None:
    with pytest.raises(ContractError, match=r"keys \['n[am]{2}e'\]"):
        check_keys(Path("x.yaml"), content, required={"name"})
