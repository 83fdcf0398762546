"""Turns real data sets into contract events and sends them, the same ids every time."""

from .command import run_replay
from .engine import Replay, outgoing
from .mapping import Mapping, load, names
from .report import Progress, Report

__all__ = ["Mapping", "Progress", "Replay", "Report", "load", "names", "outgoing", "run_replay"]
