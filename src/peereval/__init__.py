"""From pre/post wellbeing surveys of children and young people to an evaluation that stands up.

Three lines in a notebook::

    import peereval as pe
    run = pe.analyse(pe.load_study("study.toml"))
    run.results
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peereval.api import analyse as analyse
    from peereval.api import match as match
    from peereval.api import score as score
    from peereval.errors import PeerevalError as PeerevalError
    from peereval.scales import load_scale as load_scale
    from peereval.simulating import simulate as simulate
    from peereval.studies import load_study as load_study

__version__ = "0.1.0"

_HOMES = {
    "PeerevalError": "errors",
    "analyse": "api",
    "load_scale": "scales",
    "load_study": "studies",
    "match": "api",
    "score": "api",
    "simulate": "simulating",
}
__all__ = [*_HOMES]  # noqa: PLE0604


# Loaded when first asked for: `peereval --help` must not wait for the data libraries.
def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'peereval' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"peereval.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
