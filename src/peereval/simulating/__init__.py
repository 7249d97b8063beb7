"""Made-up surveys: `simulate` at any size, `simulate_pilot` for the bundled study."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peereval.simulating.cohort import simulate
    from peereval.simulating.pilot import simulate_pilot

__all__ = ["simulate", "simulate_pilot"]

_MODULES = {"simulate": "cohort", "simulate_pilot": "pilot"}


# numpy, polars and pyarrow load only when a survey is really made.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
