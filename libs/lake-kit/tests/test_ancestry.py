"""Which stamp is a group's newest: whole chains, expired ones, rolled back ones, and those that something else cut."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from shoplake_contracts.errors import StampMissing
from shoplake_lake_kit.ancestry import Ancestor, Lineage, Tags, newest_stamp
from shoplake_lake_kit.stamp import Stamp

Commits = Sequence[tuple[int, str | None]]


@pytest.fixture
def chain(make_stamp: Callable[..., Stamp]) -> Callable[..., list[Ancestor]]:
    """Ancestors, newest first, from (id, group or None) oldest first; `expired` is the first one's missing parent."""

    def build(*commits: tuple[int, str | None], expired: int | None = None) -> list[Ancestor]:
        parents = [expired, *(number for number, _ in commits)]
        made = [
            Ancestor(number, parent, properties(make_stamp, number, group))
            for (number, group), parent in zip(commits, parents, strict=False)
        ]
        return made[::-1]

    return build


def properties(make_stamp: Callable[..., Stamp], number: int, group: str | None) -> Mapping[str, str]:
    return make_stamp(attempt=f"a{number}", group=group).to_properties() if group else {"operation": "replace"}


def found(ancestors: Sequence[Ancestor], group: str, tags: Tags | None = None) -> str | None:
    stamp = newest_stamp(ancestors, group, lambda: tags or Tags())
    return stamp.attempt if stamp else None


def test_the_newest_stamp_of_the_group_counts(chain: Callable[..., list[Ancestor]]) -> None:
    whole = chain((1, "main"), (2, "other"), (3, "main"), (4, None))
    assert [found(whole, group) for group in ("main", "other", "third")] == ["a3", "a2", None]


def test_behind_the_oldest_kept_ancestor_the_tags_go_on(chain: Callable[..., list[Ancestor]]) -> None:
    whole = chain((1, "other"), (2, "main"), (3, "main"), (4, None))
    tags = Tags(history=3, stamps={"other": whole[-1], "main": whole[-2]})
    kept = whole[:2]
    assert [found(kept, group, tags) for group in ("main", "other", "third")] == ["a3", "a1", None]


def test_tags_that_were_set_before_the_expiry_took_place_change_nothing(
    chain: Callable[..., list[Ancestor]],
) -> None:
    kept = chain((2, "main"), (3, "main"), (4, "main"), expired=1)
    other = chain((1, "other"))[0]
    assert found(kept, "other", Tags(history=3, stamps={"other": other, "main": kept[-1]})) == "a1"


def test_a_tag_of_a_branch_that_was_rolled_back_moves_nothing(chain: Callable[..., list[Ancestor]]) -> None:
    """Rolled back to 2 while the tags say what was before 9; then something else expired 2."""
    rolled_back = chain((10, None), (11, "main"), expired=2)
    stale = Tags(history=9, stamps={"other": chain((8, "other"))[0]})
    assert found(rolled_back, "main", stale) == "a11"
    with pytest.raises(StampMissing, match="other"):
        found(rolled_back, "other", stale)


def test_a_chain_that_something_else_cut_is_not_guessed_at(chain: Callable[..., list[Ancestor]]) -> None:
    with pytest.raises(StampMissing, match="third"):
        found(chain((7, "main"), expired=6), "third")


def test_a_chain_whose_end_was_made_to_look_like_its_beginning_is_not_guessed_at() -> None:
    files = {"total-data-files": "9", "added-data-files": "1"}
    with pytest.raises(StampMissing, match="third"):
        found([Ancestor(7, None, files)], "third")
    assert found([Ancestor(7, None, files | {"total-data-files": "1"})], "third") is None


def test_a_stamp_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(StampMissing):
        found([Ancestor(1, None, {"shoplake.position": "{}", "shoplake.group": "main"})], "main")


def test_the_tagged_stamps_come_last_and_only_for_groups_not_met(chain: Callable[..., list[Ancestor]]) -> None:
    kept = chain((3, "main"), (4, "main"), expired=2)
    tags = Tags(history=3, stamps={"other": chain((1, "other"))[0], "main": chain((2, "main"))[0]})
    lineage = Lineage(kept, lambda: tags)
    assert [ancestor.id for ancestor in lineage.stamped()] == [4, 3, 1]
    assert lineage.known
