"""How large a topic's events are, as measured from those that were read: what bounds a box in bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# A first box is planned before anything was read: with the default limits it holds 16,384 events.
FIRST_GUESS = 16 * 1024.0


@dataclass
class EventSizes:
    """Average bytes per event of each topic, over what this process has read lately; filled by the one who reads."""

    _averages: dict[str, float] = field(default_factory=dict)

    def seen(self, events: Mapping[str, int], payload: Mapping[str, int]) -> None:
        """Take in a piece of a box: its number of events and their bytes, per topic.

        The newest piece has half of the weight, so a topic whose events grow is soon read in smaller boxes.
        """
        for topic, number in events.items():
            average = payload[topic] / number
            self._averages[topic] = (self._averages.get(topic, average) + average) / 2

    def averages(self, topics: Mapping[str, int]) -> dict[str, float]:
        """Bytes per event by topic, for the topics that hold events now (`topics`: their number).

        As long as nothing was read, all are taken to be large; later a topic that was not read counts as the others.
        """
        if not self._averages:
            return {topic: FIRST_GUESS for topic, number in topics.items() if number > 0}
        return {topic: average for topic, average in self._averages.items() if topic in topics}
