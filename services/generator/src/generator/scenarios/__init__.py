"""Named days of a shop, as data: what happens for how long, from YAML files beside this one."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field, model_validator
from shoplake_service_kit.job import Config

from generator.behaviour.habits import Habits
from generator.defects.rates import DefectRates


class Phase(Config):
    """A time in which the shop is not as usual."""

    seconds: float | None = Field(None, gt=0, description="How long; null: to the end")
    rate_factor: float = Field(1.0, ge=0, le=100, description="By which the rate is multiplied")
    habits: Habits = Field(default_factory=Habits, description="How visitors behave meanwhile")
    defects: DefectRates | None = Field(None, description="Instead of the run's; null: as the run was asked")


class Scenario(Config):
    """One scenario; times are event times from the run's beginning."""

    doc: str = Field(description="What happens, for a person who chooses")
    phases: tuple[Phase, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _only_the_last_is_endless(self) -> "Scenario":
        if any(phase.seconds is None for phase in self.phases[:-1]):
            raise ValueError("only the last phase may have no seconds")
        return self

    def phase_at(self, seconds: float) -> tuple[Phase, float]:
        """What holds so many seconds after the beginning, and until when; after the last one it is as usual."""
        end = 0.0
        for phase in self.phases:
            end += float("inf") if phase.seconds is None else phase.seconds
            if seconds < end:
                return phase, end
        return Phase(), float("inf")


def names() -> tuple[str, ...]:
    """The scenarios that there are."""
    entries = files(__package__).iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")))


@cache
def load(name: str) -> Scenario:
    """A scenario by its name.

    Raises:
        FileNotFoundError: there is none of this name.
    """
    text = (files(__package__) / f"{name}.yaml").read_text(encoding="utf-8")
    return Scenario.model_validate(yaml.safe_load(text))
