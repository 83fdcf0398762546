"""A mapping file that says something impossible is refused on loading, with the place named."""

from pathlib import Path

import pytest
from shoplake_cli.replay import mapping
from shoplake_contracts.errors import InvalidRequest

SOUND = (Path(mapping.__file__).parent / "mappings/uci-online-retail.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("{sum: LineTotal}", "{sum: NoSuchColumn}", "NoSuchColumn"),
        ("delimiter:", "separator:", "separator"),
        ("each: group", "each: moon", "each"),
        ("name: uci-online-retail", "name: [", "not valid"),
    ],
)
def test_faults_are_named(old: str, new: str, named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        mapping.parse(SOUND.replace(old, new))


def test_the_sound_one_loads() -> None:
    assert mapping.parse(SOUND).name == "uci-online-retail"
