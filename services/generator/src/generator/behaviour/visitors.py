"""Who comes to the shop: users with an address, a habitual device and a taste, guests new every time, and machines."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate

from faker import Faker

from .assortment import CATEGORIES
from .chance import Chance, Weighted
from .events import Millis, members, short_id

DEVICES = Weighted((("mobile", 0.55), ("desktop", 0.38), ("tablet", 0.07)))
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
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "python-requests/2.32.3",
)
DEVICES_OF_GUESTS = 5_000
ACTIVITY_EXPONENT = 0.5
"""A user's share of the visits falls with the square root of the rank: few come often, and most come back."""

Address = dict[str, str]


class Visitor:
    """One person, or machine, at one device.

    Attributes:
        key: the user, else the device: what the pipeline calls the visitor.
        is_guest: whether there is no account.
        is_bot: whether it is a machine.
        identity: the JSON members that say who it is.
        device: those that say what it is done with.
        address: where orders are sent, as JSON.
        favourite: the category most looked into.
    """

    __slots__ = ("address", "device", "favourite", "identity", "is_bot", "is_guest", "key")

    def __init__(self, user_id: str | None, anonymous_id: str, device: str, address: str, favourite: str) -> None:
        self.key = (user_id or anonymous_id).encode()
        self.is_guest = user_id is None
        self.is_bot = False
        user = f'"{user_id}"' if user_id else "null"
        self.identity = f'"user_id":{user},"anonymous_id":"{anonymous_id}"'
        self.device = device
        self.address = address
        self.favourite = favourite


class Population:
    """Everybody who may come.

    Args:
        chance: decides who the users are; give a fixed seed to keep the same customers over many runs.
        users: how many users have an account.
        addresses: where they may live.
    """

    def __init__(self, chance: Chance, users: int, addresses: Sequence[Address]) -> None:
        self._addresses = [f"{{{members(address)}}}" for address in addresses]
        self._devices = [_device(chance) for _ in range(DEVICES_OF_GUESTS)]
        self._users = [self._user(number, chance) for number in range(1, users + 1)]
        self._activity = list(accumulate(1 / number**ACTIVITY_EXPONENT for number in range(1, users + 1)))

    def user(self, chance: Chance) -> Visitor:
        """One of the users, by activity."""
        return self._users[bisect(self._activity, next(chance.uniform) * self._activity[-1])]

    def guest(self, at: Millis, chance: Chance) -> Visitor:
        """Somebody without an account."""
        return self._somebody(None, short_id("guest", at, next(chance.tails)), chance.one_of(self._devices), chance)

    def bot(self, at: Millis, chance: Chance) -> Visitor:
        """A machine that says so in its user agent."""
        device = _described("other", chance.one_of(BOTS), chance)
        visitor = self._somebody(None, short_id("client", at, next(chance.tails)), device, chance)
        visitor.is_bot = True
        return visitor

    def _user(self, number: int, chance: Chance) -> Visitor:
        return self._somebody(f"user-{number:06d}", f"device-{number:06d}", _device(chance), chance)

    def _somebody(self, user_id: str | None, anonymous_id: str, device: str, chance: Chance) -> Visitor:
        favourite = chance.one_of(CATEGORIES).name
        return Visitor(user_id, anonymous_id, device, chance.one_of(self._addresses), favourite)


def _device(chance: Chance) -> str:
    kind = DEVICES.pick(chance)
    return _described(kind, chance.one_of(USER_AGENTS[kind]), chance)


def _described(kind: str, user_agent: str, chance: Chance) -> str:
    bits = int(next(chance.uniform) * 256 * 256 * 254)
    address = f"10.{bits >> 8 & 255}.{bits & 255}.{(bits >> 16) + 1}"
    return f'"device_type":"{kind}","user_agent":"{user_agent}","ip_address":"{address}"'


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
