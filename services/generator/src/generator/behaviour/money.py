"""Amounts as whole cents, so that every sum in an order is exact."""

Cents = int


def amount(cents: Cents) -> str:
    """An amount of at least 0 as a JSON number with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def percent_of(cents: Cents, percent: int) -> Cents:
    """A percentage, rounded half up to the cent."""
    return (cents * percent + 50) // 100


def basis_points_of(cents: Cents, points: int) -> Cents:
    """Hundredths of a percent, rounded half up to the cent."""
    return (cents * points + 5_000) // 10_000
