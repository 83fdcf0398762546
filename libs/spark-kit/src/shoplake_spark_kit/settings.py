"""How a service's Spark session is sized and where its jars are."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SparkSettings(BaseSettings):
    """One block for every Spark service; `SHOPLAKE_SPARK_…` in the environment."""

    model_config = SettingsConfigDict(env_prefix="SHOPLAKE_SPARK_", frozen=True)

    master: str = Field("local[2]", description="Spark master: local[N], spark://…, k8s://…")
    driver_memory: str = Field("640m", description="Heap of the driver, in Spark's notation")
    jars_dir: Path = Field(Path("jars"), description="Folder with the locked jars that Spark's wheel lacks")
    shuffle_partitions: int = Field(2, ge=1, description="Tasks of a shuffle; as many as there are cores")
    java_options: str = Field(
        # A small serial heap and the first compiler tier: less memory and a quicker start, for a few percent of speed.
        # That tier comes with 48 MB for compiled code, which Spark fills within minutes; then it compiles nothing more.
        "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -Xss4m",
        description="JVM options of the driver",
    )

    class_archive: Path | None = Field(
        None, description="Archive of loaded classes that the JVM starts with, where there is one: seconds less"
    )

    @property
    def jvm_options(self) -> str:
        """The JVM options of the driver with everything that they must have."""
        # An archive of another Java or class path is passed over, and is no reason for a warning at every start.
        archive = self.class_archive
        ready = f" -Xshare:auto -Xlog:disable -Xlog:all=error:stderr -XX:SharedArchiveFile={archive}"
        return f"{self.java_options} -Duser.timezone=UTC" + (ready if archive and archive.is_file() else "")

    @property
    def classpath(self) -> str:
        """Every locked jar, as a Java class path."""
        return ":".join(str(jar) for jar in sorted(self.jars_dir.glob("*.jar")))
