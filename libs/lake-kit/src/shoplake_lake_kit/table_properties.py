"""The properties that every table of the lake is created with, whichever kit creates it."""

from collections.abc import Mapping

# Appends write as they come; compaction sorts later. Metadata stays small and quick to read.
PROPERTIES: Mapping[str, str] = {
    "format-version": "2",
    "write.wap.enabled": "true",
    "write.distribution-mode": "none",
    "write.spark.fanout.enabled": "true",
    "write.parquet.compression-codec": "zstd",
    "write.parquet.compression-level": "1",
    "write.metadata.compression-codec": "gzip",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "commit.retry.num-retries": "10",
}
