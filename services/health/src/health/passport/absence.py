"""Why nothing is known of an address: the sentence and the remedy of its 404."""

from shoplake_contracts.errors import NotFound

from health.passport.address import Address
from health.pins import Pins


def absent(address: Address, pins: Pins) -> NotFound:
    """The error for an address that no table has."""
    origin, position = pins.bronze.origin, pins.bronze.position
    if not position.knows(address.life, address.partition):
        known = ", ".join(f"{life} ({len(row)} partitions)" for life, row in position.items()) or "nothing yet"
        return NotFound(
            f"bronze has never read {address.life}/{address.partition}; it has read {known}",
            remedy="Correct topic, epoch or partition.",
        )
    begins, stands = (vector.at(address.life, address.partition) for vector in (origin, position))
    if address.offset >= stands:
        return NotFound(
            f"{address} was not read yet: bronze stands at {stands}",
            remedy="GET /health/lag says how far bronze is behind; ask again once it has passed the offset.",
        )
    if address.offset < begins:
        return NotFound(
            f"{address} is older than the lake: bronze began at {begins}",
            remedy="Events before that were no longer on the broker when bronze first read the topic.",
        )
    return NotFound(
        f"no table has {address}, though bronze has passed it",
        remedy="An offset can be a transaction's marker, which is no event; POST /health/audits tells whether it is "
        "one or whether an event is missing.",
    )
