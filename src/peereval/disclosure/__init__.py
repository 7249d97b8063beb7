"""Disclosure control: results -> results that may be published, before any renderer."""

from peereval.disclosure.organisations import release_organisations
from peereval.disclosure.releasing import RULES, Release, release

__all__ = ["RULES", "Release", "release", "release_organisations"]
