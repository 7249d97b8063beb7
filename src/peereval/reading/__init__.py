"""Exports -> answers: one row per export row, every item as its code."""

from peereval.reading.answers import Answers
from peereval.reading.sources import read_answers, read_sources

__all__ = ["Answers", "read_answers", "read_sources"]
