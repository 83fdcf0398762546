"""Bugs planted in the protocol, each a mistake that somebody could make; a simulator that misses one proves nothing."""

from . import mutants_in_maintenance as maintenance
from . import mutants_in_planning as planning
from . import mutants_in_publishing as publishing
from . import mutants_in_resolving as resolving
from . import mutants_in_revising as revising

MUTANTS = (
    *publishing.MUTANTS,
    *planning.MUTANTS,
    *maintenance.MUTANTS,
    *revising.MUTANTS,
    *resolving.MUTANTS,
)
