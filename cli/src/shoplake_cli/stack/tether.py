"""Run as a script in front of a child's own command: ties its life to the supervisor's, yields CPU, becomes the child.

On Linux the kernel sends the child a signal when the supervisor dies, even by SIGKILL, so no orphan is left. Elsewhere
`shoplake down` finds what was left in the state file. It is a program of its own because code between fork and exec
in a process with threads may hang; it imports nothing but the standard library to cost a few milliseconds only.
"""

import ctypes
import os
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1
AUTOGROUP = "/proc/self/autogroup"


def give_way(niceness: int) -> None:
    """Let other processes have the CPU first."""
    os.nice(niceness)
    # Each child leads a session; where Linux schedules by session (autogroup), niceness counts only inside it.
    with suppress(OSError), open(AUTOGROUP, "w") as group:  # noqa: PTH123 - pathlib would cost its import
        group.write(str(niceness))


def main(argv: list[str]) -> None:
    """`tether.py PARENT_PID SIGNAL NICENESS COMMAND…`."""
    parent, death_signal, niceness, command = int(argv[0]), int(argv[1]), int(argv[2]), argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before the kernel was told
            raise SystemExit(1)
    if niceness:
        give_way(niceness)
    os.execvp(command[0], command)  # noqa: S606 - becoming the child is what this is for


if __name__ == "__main__":
    main(sys.argv[1:])
