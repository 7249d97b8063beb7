"""Disclosure control: results -> results that may be published, before any renderer."""

from peereval.disclosure.egress import LastLook
from peereval.disclosure.file_names import unnamed
from peereval.disclosure.findings import find_in_release
from peereval.disclosure.followed_up import followed_up
from peereval.disclosure.organisations import release_organisations
from peereval.disclosure.record import released_counts, released_finding
from peereval.disclosure.releasing import Release, release
from peereval.disclosure.rounding import rounded_to
from peereval.disclosure.rules import RULES

__all__ = [
    "RULES",
    "LastLook",
    "Release",
    "find_in_release",
    "followed_up",
    "release",
    "release_organisations",
    "released_counts",
    "released_finding",
    "rounded_to",
    "unnamed",
]
