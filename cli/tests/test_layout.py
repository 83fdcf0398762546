"""One folder holds a stack, and removing it takes nothing else."""

from pathlib import Path

import pytest
from shoplake_cli.stack.layout import Home


def test_home_is_the_option_then_the_variable_then_dot_shoplake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHOPLAKE_HOME", raising=False)
    assert Home.at().root == tmp_path / ".shoplake"
    monkeypatch.setenv("SHOPLAKE_HOME", str(tmp_path / "mine"))
    assert Home.at().root == tmp_path / "mine"
    assert Home.at(Path("other")).root == tmp_path / "other"
    assert Home.at().is_default
    assert not Home.at(Path("other")).is_default


def test_the_lake_is_under_the_home(tmp_path: Path) -> None:
    lake = Home.at(tmp_path).lake()
    assert lake.catalog_uri == f"sqlite:///{tmp_path}/catalog.db"
    assert lake.warehouse == f"file://{tmp_path}/warehouse"


def test_remove_takes_what_a_stack_made_and_leaves_the_rest(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.make()
    home.catalog.write_text("")
    home.catalog.with_name("catalog.db-wal").write_text("")
    own = home.root / "thesis.txt"
    own.write_text("three years")
    assert home.remove()
    assert list(home.root.iterdir()) == [own]
    assert not home.remove()


def test_remove_takes_the_folder_when_nothing_else_is_in_it(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.make()
    assert home.remove()
    assert not home.root.exists()
