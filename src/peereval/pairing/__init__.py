"""scores -> pairs + ledger: who is compared with whom, and where every other row went."""

from peereval.pairing.conflicts import Conflicts, find_conflicts
from peereval.pairing.duplicates import (
    AnswerSheets,
    Duplicates,
    find_duplicates,
    refuse_duplicates,
)
from peereval.pairing.ledger import SET_ASIDE, UNPAIRED, write_ledger
from peereval.pairing.loose_ends import find_loose_ends
from peereval.pairing.matching import Paired, keys_of, outcome_names, pair_scores

__all__ = [
    "SET_ASIDE",
    "UNPAIRED",
    "AnswerSheets",
    "Conflicts",
    "Duplicates",
    "Paired",
    "find_conflicts",
    "find_duplicates",
    "find_loose_ends",
    "keys_of",
    "outcome_names",
    "pair_scores",
    "refuse_duplicates",
    "write_ledger",
]
