"""Made-up surveys: `simulate` at any size, `simulate_pilot` and `..._leads` for those bundled."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peereval.simulating.cohort import simulate
    from peereval.simulating.pilot import simulate_pilot
    from peereval.simulating.pilot_leads import simulate_pilot_leads

__all__ = ["simulate", "simulate_pilot", "simulate_pilot_leads"]

_MODULES = {"simulate": "cohort", "simulate_pilot": "pilot", "simulate_pilot_leads": "pilot_leads"}


# numpy, polars and pyarrow load only when a survey is really made.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
