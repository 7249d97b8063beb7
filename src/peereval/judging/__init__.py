"""results -> results: tests judged together, methods that agree, claims that survive."""

from peereval.judging.agreement import agreement_rows, answers
from peereval.judging.claims import judge_claims
from peereval.judging.evidence import evidence_rows
from peereval.judging.families import adjust
from peereval.judging.findings import find_in_results
from peereval.judging.headline import HEADLINES, declared, headline_rows
from peereval.judging.verdicts import verdict_of

__all__ = [
    "HEADLINES",
    "adjust",
    "agreement_rows",
    "answers",
    "declared",
    "evidence_rows",
    "find_in_results",
    "headline_rows",
    "judge_claims",
    "verdict_of",
]
