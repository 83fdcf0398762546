"""Names a writer, so that a conflict says which two processes met."""

import os
import socket
from datetime import UTC, datetime


def writer_id(service: str) -> str:
    """`service@host:pid:start`: unique per start of a process, and readable in an error at night."""
    started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return f"{service}@{socket.gethostname()}:{os.getpid()}:{started}"
