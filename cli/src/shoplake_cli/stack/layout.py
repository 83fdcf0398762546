"""Where everything of one stack lies: one folder, so that several stacks keep apart and one removal leaves nothing."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shoplake_contracts.errors import StackNotRunning

if TYPE_CHECKING:
    from shoplake_lake_kit.settings import LakeSettings

DEFAULT_HOME = ".shoplake"


@dataclass(frozen=True)
class Home:
    """The folder of one stack; `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, folder: Path | None = None) -> "Home":
        """The given folder, else $SHOPLAKE_HOME, else `.shoplake` where one stands."""
        return cls((folder or Path(os.environ.get("SHOPLAKE_HOME") or DEFAULT_HOME)).expanduser().absolute())

    @property
    def is_default(self) -> bool:
        """Whether this is the home one gets without naming one: it has the well-known ports."""
        return self.root == Home.at().root

    @property
    def kafka(self) -> Path:
        """The broker's config and data."""
        return self.root / "kafka"

    @property
    def warehouse(self) -> Path:
        """The tables' files."""
        return self.root / "warehouse"

    @property
    def catalog(self) -> Path:
        """The Iceberg catalog."""
        return self.root / "catalog.db"

    @property
    def run(self) -> Path:
        """What is true only while the stack runs."""
        return self.root / "run"

    @property
    def state_file(self) -> Path:
        """Processes and ports of the running stack."""
        return self.run / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one supervisor that may run here."""
        return self.run / "lock"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.logs / f"{name}.log"

    def scratch(self, name: str) -> Path:
        """Spark's temporary files of a service."""
        return self.root / "spark-scratch" / name

    def lake(self) -> "LakeSettings":
        """Where this stack's tables are, for readers in this process."""
        from shoplake_lake_kit.settings import LakeSettings  # noqa: PLC0415 - half a second that `status` does not need

        return LakeSettings(catalog="sqlite", catalog_uri=self.catalog_uri, warehouse=self.warehouse_uri)

    def require_lake(self) -> "LakeSettings":
        """Where this stack's tables are, once a stack was started.

        Raises:
            StackNotRunning: no stack ever ran under this home.
        """
        if not self.catalog.exists():
            raise StackNotRunning(f"There are no tables under {self.root}.")
        return self.lake()

    @property
    def catalog_uri(self) -> str:
        """The catalog in the form PyIceberg takes."""
        return f"sqlite:///{self.catalog}"

    @property
    def warehouse_uri(self) -> str:
        """The warehouse as Iceberg's Java and Python sides both take it."""
        return f"file://{self.warehouse}"

    def make(self) -> None:
        """Create the folders."""
        for folder in (self.kafka, self.warehouse, self.run, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def remove(self) -> bool:
        """Remove what a stack made, and the folder if nothing else is in it; False if there was nothing."""
        # Only known names: a wrong --home must not cost anybody their files.
        made = ("kafka", "warehouse", "run", "logs", "spark-scratch", "demo")
        folders = [self.root / name for name in made if (self.root / name).is_dir()]
        files = list(self.root.glob("catalog.db*"))
        for folder in folders:
            shutil.rmtree(folder)
        for file in files:
            file.unlink()
        if self.root.is_dir() and not any(self.root.iterdir()):
            self.root.rmdir()
        return bool(folders or files)
