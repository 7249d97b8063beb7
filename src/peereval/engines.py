"""The data-frame engines that carry scoring, pairing and moments.

The stages are written once, in narwhals. An engine only says how a table gets in,
how a step is computed once and used several times, and how a table gets out.
"""

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
from msgspec import Struct

from peereval.errors import UsageError

#: A table that is not computed yet, whatever carries it.
Frame = nw.LazyFrame[Any]

ENGINES = ("polars", "pandas", "duckdb")


class Engine(Struct, frozen=True):
    """``send`` a polars table in, ``keep`` a computed step, ``fetch`` a polars table out."""

    name: str
    send: Callable[[pl.DataFrame], Frame]
    keep: Callable[[Frame], Frame]
    fetch: Callable[[Frame], pl.DataFrame]


def open_engine(name: str) -> Engine:
    """The engine called ``polars`` (lazy, the default), ``pandas`` or ``duckdb``."""
    makers = {"polars": _polars, "pandas": _pandas, "duckdb": _duckdb}
    if name not in makers:
        raise UsageError(f"There is no engine {name!r}: use one of {', '.join(ENGINES)}")
    return makers[name]()


def _polars() -> Engine:
    return Engine(
        "polars",
        send=lambda frame: nw.from_native(frame.lazy()),
        keep=lambda frame: frame.collect("polars").lazy("polars"),
        fetch=lambda frame: frame.collect("polars").to_polars(),
    )


def _pandas() -> Engine:
    # Arrow-backed columns: numpy columns turn whole numbers with a blank into floats.
    def send(frame: pl.DataFrame) -> Frame:
        return nw.from_native(frame.to_pandas(use_pyarrow_extension_array=True)).lazy()

    def fetch(frame: Frame) -> pl.DataFrame:
        return pl.from_pandas(frame.collect("pandas").to_pandas())

    return Engine("pandas", send, keep=lambda frame: frame.collect("pandas").lazy(), fetch=fetch)


def _duckdb() -> Engine:
    try:
        import duckdb
    except ImportError:
        raise UsageError(
            "The engine duckdb is not installed: pip install 'peereval[duckdb]'"
        ) from None
    connection = duckdb.connect()

    def fetch(frame: Frame) -> pl.DataFrame:
        return pl.from_arrow(frame.collect("pyarrow").to_native())  # type: ignore[return-value]

    def keep(frame: Frame) -> Frame:
        return nw.from_native(connection.from_arrow(frame.collect("pyarrow").to_native()))

    def send(frame: pl.DataFrame) -> Frame:
        return nw.from_native(connection.from_arrow(frame.to_arrow()))

    return Engine("duckdb", send, keep, fetch)
