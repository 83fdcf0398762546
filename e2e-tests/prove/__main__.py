"""`python -m prove`: run the proof and say in the last line whether it holds; exit 1 if it does not."""

import argparse
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from prove.producer import LoadFailedError
from prove.report import findings, last_line
from prove.run import Proof, Wishes
from prove.watch import ProofError


def main() -> int:
    """Parse, run, tell."""
    parser = argparse.ArgumentParser(prog="prove", description="Prove that no event is lost, doubled or changed.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("build/prove"))
    asked = parser.parse_args()
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", flush=True)

    try:
        outcome = Proof(Wishes(asked.folder.absolute(), asked.events, asked.kills, asked.seed), say).run()
    except (ProofError, LoadFailedError) as error:
        say(str(error))
        print(f"NOT proved: {str(error).partition(chr(10))[0]}; ledger {asked.folder / 'ledger.json'}")
        return 1
    except KeyboardInterrupt:
        print(f"NOT proved: stopped; ledger {asked.folder / 'ledger.json'}")
        return 130
    for finding in findings(outcome):
        print(finding)
    print(last_line(outcome))
    return 0 if outcome.proved else 1


if __name__ == "__main__":
    sys.exit(main())
