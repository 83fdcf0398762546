"""How fast the generator is, what an event costs, and how well a rate is held, into a real broker on this machine.

    python benchmarks/generator_speed.py [--events 200000] [--times 5] [--seconds 10] [--profile]

The job runs in this process as it does in the service; the broker is a process of its own. The CPU is that of this
process alone: so many events a second a core makes. Everything is idempotent, acks=all, zstd. Beside it runs the usual
way (Faker, a dictionary and one send per event) with the same broker and settings: their ratio is of no one machine.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, cast
from uuid import uuid4

import structlog
from aiokafka import AIOKafkaProducer
from faker import Faker
from generator.job import GeneratorJob
from generator.main import collect_rarely
from generator.metrics import Meter
from generator.publisher import LoopPublisher
from generator.settings import GeneratorConfig
from shoplake_cli.stack.lone_broker import lone_broker
from shoplake_service_kit.event_publisher import idempotent_producer
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.topics import ensure_topics

PROMISED = 60_000
# The usual way made 2,000 to 3,000 where that was promised; a slower machine is slower in both.
PROMISED_TIMES = 24
MOST_RATE_ERROR = 0.02
RATES = (10, 2_000, 20_000)
IDLE_SECONDS = 0.05
TURNS = 10_000_000
USUAL_EVENTS = 5_000


def main() -> int:
    """Measure, print, and fail where a figure is three times worse than promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="events of a run at full speed")
    parser.add_argument("--times", type=int, default=5, help="such runs")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each rate is held")
    parser.add_argument("--profile", action="store_true", help="show where the time of one more run goes")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    collect_rarely()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, kafka(Path(folder)) as settings:
        print(f"calibration: {calibration():.1f} ns for one turn of an empty Python loop")
        per_core = full_speed(settings, asked.events, asked.times)
        usual = usual_way(settings)
        times = f"{per_core / usual:.0f} times as many (promised {PROMISED_TIMES})"
        print(f"the usual way: {usual:,.0f} events/s per core; {times}")
        if asked.profile:
            profile(settings, asked.events)
        worst = max([rate_error(settings, rate, asked.seconds) for rate in RATES])
    print(f"{per_core:,.0f} events/s per core (promised {PROMISED:,}); worst rate error {worst:.2%} (at most 2 %)")
    return 0 if per_core >= PROMISED / 3 and worst <= 3 * MOST_RATE_ERROR else 1


def full_speed(settings: KafkaSettings, events: int, times: int) -> float:
    """Events per second of CPU, the median of several runs."""
    cpu, wall, size = [], [], 0.0
    for number in range(times):
        job = opened(settings, GeneratorConfig(rate=0, num_events=events, seed=number))
        before, began = time.process_time(), time.perf_counter()
        while job.step():
            pass
        cpu.append((time.process_time() - before) / events * 1e6)
        wall.append(events / (time.perf_counter() - began))
        size = job.details()["bytes"] / events
        job.close()
    told = ", ".join(f"{seconds:.1f}" for seconds in (min(cpu), median(cpu), max(cpu)))
    print(f"{events:,} events of {size:.0f} bytes, {times} runs: {told} CPU-seconds per million (min, median, max)")
    print(f"{median(wall):,.0f} events/s by the clock, waiting for the broker included")
    return 1e6 / median(cpu)


def rate_error(settings: KafkaSettings, rate: int, seconds: float) -> float:
    """How far from the asked-for rate the confirmed events of some seconds are."""
    job = opened(settings, GeneratorConfig(rate=rate, seed=1))
    began, before = time.time(), time.process_time()
    while time.time() - began < seconds:
        if not job.step():
            time.sleep(IDLE_SECONDS)
    took = time.time() - began
    details = job.details()
    job.close()
    # The last step may have begun just before an event was due.
    error = max(0.0, abs(details["acknowledged"] - rate * took) - 1 - rate * IDLE_SECONDS) / (rate * took)
    cpu = (time.process_time() - before) / took
    confirmed = details["acknowledged"]
    print(f"{rate:>6,} a second for {took:.1f} s: {confirmed:,} confirmed, error {error:.2%}, {cpu:.0%} of a core")
    return error


def usual_way(settings: KafkaSettings) -> float:
    """Events per second of CPU of a generator as most are written."""
    return USUAL_EVENTS / asyncio.run(_one_by_one(settings))


async def _one_by_one(settings: KafkaSettings) -> float:
    faker, producer = Faker(), cast("AIOKafkaProducer", idempotent_producer(settings))
    await producer.start()
    before = time.process_time()
    for _ in range(USUAL_EVENTS):
        event = _invented(faker)
        await producer.send("page-views", json.dumps(event).encode(), key=event["user_id"].encode())
    await producer.flush()
    took = time.process_time() - before
    await producer.stop()
    return took


def _invented(faker: Faker) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()),
        "event_type": "page_view",
        "timestamp": datetime.now(UTC).isoformat(),
        "user_id": f"user_{faker.random_int(1, 5_000)}",
        "session_id": str(uuid4()),
        "page_type": "product_detail",
        "page_url": faker.uri(),
        "product_id": f"product_{faker.random_int(1, 1_000)}",
        "product_name": faker.catch_phrase(),
        "referrer": faker.uri(),
        "user_agent": faker.user_agent(),
        "ip_address": faker.ipv4(),
    }


def profile(settings: KafkaSettings, events: int) -> None:
    """Print what one run spends its time in."""
    job, profiler = opened(settings, GeneratorConfig(rate=0, num_events=events, seed=0)), cProfile.Profile()
    profiler.enable()
    while job.step():
        pass
    profiler.disable()
    job.close()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def opened(settings: KafkaSettings, config: GeneratorConfig) -> GeneratorJob:
    """A job that has connected and invented its shop; the first events are made outside what is measured."""
    job = GeneratorJob(LoopPublisher(lambda: idempotent_producer(settings)), lambda: None, Meter(Metrics("generator")))
    gc.collect()
    job.open(config)
    return job


def calibration() -> float:
    """What this machine's Python is worth today."""
    began = time.perf_counter()
    for _ in range(TURNS):
        pass
    return (time.perf_counter() - began) / TURNS * 1e9


@contextmanager
def kafka(folder: Path) -> Iterator[KafkaSettings]:
    """A broker with the pipeline's topics."""
    with lone_broker(folder) as address:
        settings = KafkaSettings(bootstrap=address)
        asyncio.run(ensure_topics(settings))
        yield settings


if __name__ == "__main__":
    sys.exit(main())
