"""Who comes to the shop: known users with an address and a habitual device, and guests who are new every time."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from faker import Faker

from .chance import weighted
from .events import Event, Millis, short_id

GUEST_SHARE = 0.25
DEVICES = (("mobile", 0.55), ("desktop", 0.38), ("tablet", 0.07))
USER_AGENTS = {
    "mobile": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
    ),
    "desktop": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    ),
    "tablet": ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",),
}
Address = dict[str, str]


@dataclass(frozen=True, slots=True)
class Visitor:
    """One person at one device; a guest has no `user_id`."""

    user_id: str | None
    anonymous_id: str
    device_type: str
    user_agent: str
    ip_address: str
    address: Address

    def identity(self) -> Event:
        """The fields that say who it was."""
        return {"user_id": self.user_id, "anonymous_id": self.anonymous_id}

    def device(self) -> Event:
        """The fields that say what it was done with."""
        return {"device_type": self.device_type, "user_agent": self.user_agent, "ip_address": self.ip_address}


class Population:
    """Everybody who may come.

    Args:
        rng: Decides who the users are; give a fixed seed to keep the same customers over many runs.
        users: How many users have an account.
        addresses: Where they may live.
    """

    def __init__(self, rng: Random, users: int, addresses: Sequence[Address]) -> None:
        self._addresses = addresses
        self._users = [
            self._somebody(rng, f"user-{number:06d}", f"device-{number:06d}") for number in range(1, users + 1)
        ]

    def arrive(self, at: Millis, rng: Random) -> Visitor:
        """The next visitor: a guest with the configured chance, else one of the users."""
        if rng.random() < GUEST_SHARE:
            return self._somebody(rng, None, short_id("guest", at, rng))
        return rng.choice(self._users)

    def _somebody(self, rng: Random, user_id: str | None, anonymous_id: str) -> Visitor:
        device = weighted(DEVICES, rng)
        return Visitor(
            user_id,
            anonymous_id,
            device,
            rng.choice(USER_AGENTS[device]),
            f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}",
            rng.choice(self._addresses),
        )


def invent_addresses(seed: int, number: int) -> list[Address]:
    """Postal addresses; slow, so made once at the start."""
    faker = Faker("en_US")
    faker.seed_instance(seed)
    return [
        {
            "street": faker.street_address(),
            "city": faker.city(),
            "state": faker.state_abbr(),
            "zip_code": faker.zipcode(),
            "country": "US",
        }
        for _ in range(number)
    ]


def invent_brands(seed: int, number: int) -> list[str]:
    """Names of makers."""
    faker = Faker("en_US")
    faker.seed_instance(seed)
    return [faker.last_name() for _ in range(number)]
