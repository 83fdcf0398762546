"""Replay: quarantined events are judged by today's rules, and those that pass go home, each exactly once.

Once means by address: whatever a typed table or the log of duplicates already has is left alone, so a replay that died
between two tables is simply asked for again. The kept bytes are enough; neither Kafka nor bronze is read.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.revision import Kind, Revision
from shoplake_lake_kit.stage import Stage
from shoplake_service_kit.runs import Run
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import keeping

from silver_process.addresses import at_addresses, groups, ranges_of
from silver_process.box import DUPLICATES, QUARANTINE, judge, settle, union
from silver_process.expressions import Parameter
from silver_process.outcomes import DISCARDED, OUTCOMES, REPLAYED, STILL_BAD, ledger_rows, newest
from silver_process.replayed import Look, Verdict
from silver_process.routing import ADDRESS, typed_tables
from silver_process.wishes import ReplayRequest
from silver_process.work import FEW_DAYS, held_on, refuse_failed, valid_by_day

_PLACE = [f"`{name}`" for name in ADDRESS]


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a replay is about to write, and what it has to say."""

    look: Look
    frames: Mapping[str, Output] = field(default_factory=dict)
    days: Mapping[str, Collection[date]] = field(default_factory=dict)


class Replay:
    """Does one run; `clock` is silver's clock for the rows it publishes."""

    def __init__(self, spark: SparkSession, parameters: Mapping[str, Parameter], clock: Callable[[], datetime]) -> None:
        self._spark = spark
        self._parameters = parameters
        self._clock = clock

    def __call__(self, stage: Stage[Output], run: Run[ReplayRequest]) -> Look:
        """Look at the events asked for; publish what came of it unless it is a dry run.

        Raises:
            RuleFailed: an event breaks a rule whose action is `fail`; nothing was written.
            AuditFailed: what was staged is not what was found; nothing was published.
        """
        if run.request.dry_run:
            with ExitStack() as held:
                return self._look(run, held).look
        looks: list[Look] = []

        def prepare(_stamps: Stamps, _attempt: str) -> Revision[Output]:
            with ExitStack() as held:
                found = self._look(run, held)
                looks.append(found.look)
                days = {name: tuple(sorted(found.days[name])) for name in found.frames if name in found.days}
                return Revision(
                    kind=Kind.REPLAY,
                    id=run.id,
                    frames=found.frames,
                    days=days,
                    audit=found.look.audit,
                    release=held.pop_all().close,
                )

        stage.revise(prepare)
        return looks[0]

    def _look(self, run: Run[ReplayRequest], held: ExitStack) -> _Found:
        keep, at = keeping(held), self._clock()
        candidates = self._candidates(run.request)
        selected = keep(candidates.selectExpr(*_PLACE, "reason AS reason_before", "outcome", "outcome_reason"))
        number = selected.count()
        run.show(phase="judging", selected=number)
        if not number:
            return _Found(look=Look())
        landed = keep(self._landed(selected))
        waiting = candidates.join(landed, list(ADDRESS), "left_anti")
        judged = judge(_as_bronze(waiting), at, self._parameters, keep)
        refuse_failed(judged)
        days = valid_by_day(judged)
        rows = settle(judged, lambda name: held_on(self._spark, name, days[name]), keep)
        told = keep(selected.join(_verdicts(rows, landed), list(ADDRESS), "left").selectExpr("*", _NEWS))
        look = Look(groups(candidates), groups(told, "reason_before", "said", "table", "reason", "news"))
        run.show(phase="publishing")
        return _Found(look=look, frames=_frames(look, rows, days, ledger_rows(_new(told), run.id, at)), days=days)

    def _candidates(self, request: ReplayRequest) -> DataFrame:
        quarantined = self._spark.table(f"iceberg.{QUARANTINE}").where(_filter(request))
        outcomes = newest(self._spark.table(f"iceberg.{OUTCOMES}"))
        known = quarantined.join(outcomes, list(ADDRESS), "left")
        return known.where(f"outcome IS NULL OR outcome <> '{DISCARDED}'")

    def _landed(self, addresses: DataFrame) -> DataFrame:
        """Those that a table has.

        The tables are asked, not the outcomes: a replay may have died before its last table, and a table may have been
        rolled back since.
        """
        ranges = ranges_of(addresses)
        homes = [*(table.name for table in typed_tables()), DUPLICATES]
        return union([at_addresses(self._spark, name, addresses, ranges).select(*ADDRESS) for name in homes])


# What is said about an event, and whether the ledger has to be told: it keeps what changes, not that somebody looked.
_OUTCOME = f"CASE WHEN said = '{Verdict.STILL_BAD}' THEN '{STILL_BAD}' ELSE '{REPLAYED}' END"
_NEWS = f"said IS NOT NULL AND NOT (outcome <=> {_OUTCOME} AND outcome_reason <=> reason) AS news"


def _as_bronze(quarantined: DataFrame) -> DataFrame:
    """Quarantined rows in the form of bronze's: the bytes as they came, the clocks of then."""
    return quarantined.selectExpr(
        *_PLACE,
        "kafka_timestamp",
        "ingested_at AS processing_time",
        "event_type",
        "CAST(NULL AS string) AS raw_data",
        "value",
    )


def _verdicts(rows: Mapping[str, DataFrame], landed: DataFrame) -> DataFrame:
    def say(frame: DataFrame, verdict: Verdict, table: str, reason: str = "CAST(NULL AS string)") -> DataFrame:
        return frame.selectExpr(*_PLACE, f"'{verdict}' AS said", f"'{table}' AS table", f"{reason} AS reason")

    return union(
        [
            say(landed, Verdict.LANDED, ""),
            say(rows[QUARANTINE], Verdict.STILL_BAD, QUARANTINE, "reason"),
            say(rows[DUPLICATES], Verdict.DUPLICATE, DUPLICATES),
            *(say(rows[table.name], Verdict.REPLAYED, table.name) for table in typed_tables()),
        ]
    )


def _new(told: DataFrame) -> DataFrame:
    return told.where("news").selectExpr(*_PLACE, f"{_OUTCOME} AS outcome", "reason")


def _frames(
    look: Look, rows: Mapping[str, DataFrame], days: Mapping[str, Collection[date]], ledger: DataFrame
) -> dict[str, Output]:
    """Only tables that gain rows, and the ledger last: what it says has come true by then."""
    gaining = [name for name in (*(table.name for table in typed_tables()), DUPLICATES) if look.into(name).total()]
    frames = {name: Output(rows[name], many_days=len(days.get(name, ())) > FEW_DAYS) for name in gaining}
    return frames | ({OUTCOMES: Output(ledger)} if look.news() else {})


def _filter(request: ReplayRequest) -> Column:
    wanted = F.lit(True)  # noqa: FBT003 - Spark's literal takes its value by position
    if request.reason:
        wanted &= F.col("reason") == request.reason.value
    if request.rule:
        wanted &= F.array_contains("errors.rule", request.rule)
    if request.topic:
        wanted &= F.col("topic") == request.topic
    if request.from_:
        wanted &= F.col("first_seen") >= F.lit(request.from_)
    if request.to:
        wanted &= F.col("first_seen") < F.lit(request.to)
    return wanted
