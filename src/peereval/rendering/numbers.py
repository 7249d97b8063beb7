"""Numbers as people read them, on screens as in reports."""

from peereval.numbers import NOTHING, fixed, interval, p_text

__all__ = ["NOTHING", "fixed", "interval", "p_text"]
