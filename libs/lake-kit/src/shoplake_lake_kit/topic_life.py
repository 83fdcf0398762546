"""Names the lives of a topic: a topic that was deleted and made again has the same name, and other events.

Positions and counts are vectors over lives, not over topics. The first life of `purchases` (epoch 0) is called
`purchases`, the second `purchases@1`: a position of one life is never compared with one of another, and what the old
life held stays counted for ever. Kafka allows no `@` in a topic's name.
"""

SEPARATOR = "@"


def life_name(topic: str, epoch: int) -> str:
    """The key of a topic's life in a vector."""
    return f"{topic}{SEPARATOR}{epoch}" if epoch else topic


def split_life(name: str) -> tuple[str, int]:
    """Topic and epoch of a life."""
    topic, _, epoch = name.partition(SEPARATOR)
    return topic, int(epoch or 0)
