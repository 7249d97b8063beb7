"""Disclosure control: results -> results that may be published, before any renderer."""

from peereval.disclosure.releasing import RULES, Release, release

__all__ = ["RULES", "Release", "release"]
