"""Run as a script in front of a child's own command: ties the child's life to the supervisor's, then becomes the child.

On Linux the kernel sends the child a signal when the supervisor dies, even by SIGKILL, so no orphan is left. Elsewhere
`shoplake down` finds what was left in the state file. It is a program of its own because code between fork and exec
in a process with threads may hang; it imports nothing but the standard library to cost a few milliseconds only.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """`tether.py PARENT_PID SIGNAL COMMAND…`."""
    parent, death_signal, command = int(argv[0]), int(argv[1]), argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before the kernel was told
            raise SystemExit(1)
    os.execvp(command[0], command)  # noqa: S606 - becoming the child is what this is for


if __name__ == "__main__":
    main(sys.argv[1:])
