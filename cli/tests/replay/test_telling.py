"""What a person sees of a replay: while it runs, on a terminal or in a log, and when it is done."""

import io
from collections import Counter

import pytest
from rich.console import Console
from shoplake_cli.replay.bar import shown, told
from shoplake_cli.replay.build import BadRow
from shoplake_cli.replay.report import Progress, Report
from shoplake_cli.replaying import told as told_at_the_end


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress(sent=0, bytes_read=0, bytes_total=100, seconds=0.0), "0 events, 0/s"),
        (Progress(sent=90_000, bytes_read=25, bytes_total=100, seconds=30.0), "90,000 events, 3,000/s, 0:01:30 left"),
        (Progress(sent=5_000, bytes_read=100, bytes_total=100, seconds=2.0), "5,000 events, 2,500/s, 0:00:00 left"),
    ],
)
def test_rate_and_time_left(progress: Progress, line: str) -> None:
    assert told(progress) == line


def test_a_log_gets_a_line_every_half_minute_and_no_bar() -> None:
    log = io.StringIO()
    with shown(Console(file=log), "[big].csv.gz") as tell:
        for seconds in (1, 29, 31, 45, 60, 62):
            tell(Progress(sent=seconds * 1_000, bytes_read=seconds, bytes_total=124, seconds=float(seconds)))
    assert log.getvalue() == (
        "[big].csv.gz: 25%, 31,000 events, 1,000/s, 0:01:33 left\n"
        "[big].csv.gz: 50%, 62,000 events, 1,000/s, 0:01:02 left\n"
    )


def test_a_terminal_gets_a_bar() -> None:
    terminal = io.StringIO()
    with shown(Console(file=terminal, force_terminal=True, width=100), "[big].csv.gz") as tell:
        tell(Progress(sent=90_000, bytes_read=25, bytes_total=100, seconds=30.0))
    assert "[big].csv.gz" in terminal.getvalue()
    assert "25%" in terminal.getvalue()
    assert "90,000 events, 3,000/s, 0:01:30 left" in terminal.getvalue()


def test_a_clean_file_ends_in_one_sentence() -> None:
    report = Report(event_types=Counter({"purchase": 1_200, "refund": 4}), lines=5_000, seconds=1.25)
    assert told_at_the_end(report) == ["1,204 events sent in 1.2 s from 5,000 lines: 1,200 purchase, 4 refund"]


def test_bad_rows_are_shown_with_line_and_reason_and_the_rest_counted() -> None:
    report = Report(
        event_types=Counter({"purchase": 1, "raw": 9}),
        lines=10,
        bad_rows=7,
        first_bad_rows=[BadRow(17, "price '12,5' is no money"), BadRow(1301, "fields: 3 where 9 belong")],
        seconds=1.0,
    )
    assert told_at_the_end(report) == [
        "10 events sent in 1.0 s from 10 lines: 1 purchase, 9 raw",
        "9 lines went to raw-events as they are: 2 that no rule takes, 7 that could not be read",
        "  line 17: price '12,5' is no money",
        "  line 1301: fields: 3 where 9 belong",
        "  … and 5 more",
    ]
