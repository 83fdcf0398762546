"""The lock: one sha256 per jar, so that what runs is byte for byte what was tested."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shoplake_contracts.errors import JarsInvalid

LOCK_FILE = Path(__file__).with_name("jars.lock")
IVY_FILE = Path(__file__).with_name("ivy.xml")
CONFS = ("spark", "broker")
HEADER = "# Written by `shoplake jars --lock`; `sha256sum -c` in the jars' folder understands it too.\n"


@dataclass(frozen=True)
class Lock:
    """Relative path such as `spark/postgresql-42.7.8.jar` to sha256 in hex."""

    sums: Mapping[str, str]

    @classmethod
    def load(cls, path: Path = LOCK_FILE) -> "Lock":
        """Read the committed lock."""
        lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
        return cls({name: digest for digest, name in lines})

    @classmethod
    def of(cls, folder: Path) -> "Lock":
        """The lock that describes a folder as it is."""
        return cls({str(jar.relative_to(folder)): sha256(jar) for jar in jars_in(folder)})

    @property
    def text(self) -> str:
        """The lock as it is committed, in sha256sum's form."""
        return HEADER + "".join(f"{self.sums[name]}  {name}\n" for name in sorted(self.sums))

    @property
    def identity(self) -> str:
        """A short name for exactly this set of jars: folders of two versions never mix."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def verify(self, folder: Path) -> None:
        """Check every jar of a folder.

        Raises:
            JarsInvalid: a jar is missing, is another one, or is not in the lock at all.
        """
        found = {str(jar.relative_to(folder)): jar for jar in jars_in(folder)}
        missing = [f"{name} is missing" for name in sorted(self.sums) if name not in found]
        unknown = [f"{name} is not in the lock" for name in sorted(found) if name not in self.sums]
        other = [
            f"{name} is not the locked one"
            for name in sorted(self.sums)
            if name in found and self._differs(found, name)
        ]
        if faults := [*missing, *unknown, *other]:
            raise JarsInvalid(f"{folder}: {_sentence(faults)}.")

    def _differs(self, found: Mapping[str, Path], name: str) -> bool:
        return sha256(found[name]) != self.sums[name]


def jars_in(folder: Path) -> list[Path]:
    """The jars of every configuration, sorted."""
    return [jar for conf in CONFS for jar in sorted((folder / conf).glob("*.jar"))]


def sha256(path: Path) -> str:
    """The sum of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sentence(faults: Iterable[str], most: int = 3) -> str:
    listed = list(faults)
    rest = len(listed) - most
    return "; ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")
