"""What only a new process can mend: this one ends, its supervisor starts another, and nothing is lost by it."""

# ruff: noqa: N818 - a class is named for what happened; ShoplakeError says that it is an error
from shoplake_contracts.errors.base import ShoplakeError


class Fatal(ShoplakeError):
    """This process cannot go on; a fresh one can."""

    status = 503


class JvmGone(Fatal):
    """The Java process behind Spark has ended or does not answer."""

    code = "jvm_gone"
    remedy = "Nothing to do: the service ends and is started anew. If it repeats, give the JVM more memory."
