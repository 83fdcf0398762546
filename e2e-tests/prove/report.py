"""The last line, for people and for whoever reads logs: proved or not, with the figures."""

from checker.verdict import CHANGED, DOUBLED, LOST

from prove.run import Outcome


def findings(outcome: Outcome) -> list[str]:
    """Everything that contradicts the claim, a line each."""
    found = dict.fromkeys(str(finding) for verdict in outcome.verdicts for finding in verdict.findings)
    return [*found, *outcome.problems]


def last_line(outcome: Outcome) -> str:
    """The claim, or that it does not hold."""
    median, slow = outcome.ledger.recovery(idle=True)
    _, slow_under_load = outcome.ledger.recovery(idle=False)
    verdicts = outcome.verdicts
    counted = {
        name: max(verdict.count(kinds) for verdict in verdicts)
        for name, kinds in {"lost": LOST, "doubled": DOUBLED, "changed": CHANGED}.items()
    }
    told = ", ".join(f"{count:,} {name}" for name, count in counted.items())
    unaccounted = outcome.accounting.get("total", {}).get("unaccounted", "unknown")
    right = "with the right reason" if outcome.proved else "compared"
    pace = f"where a turn of an empty loop took {outcome.ledger.turn_ns:.0f} ns"
    recovery = f"p50 {median:.1f} s, p95 {slow:.1f} s on an idle machine {pace}, p95 {slow_under_load:.1f} s under load"
    return (
        f"{'proved' if outcome.proved else 'NOT proved'}: {outcome.wishes.events:,} events, "
        f"{len(outcome.ledger.kills)} kills, {told}, {unaccounted} unaccounted, "
        f"{verdicts[0].figures['quarantined']:,} quarantined {right}, recovery {recovery}; "
        f"ledger {outcome.ledger.place}"
    )
