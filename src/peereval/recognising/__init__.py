"""Exports without a study -> a draft of one, with everything that was guessed marked."""

from peereval.recognising.draft import Draft, draft_study
from peereval.recognising.guesses import LIKELY, STOPS, SURE, UNSURE, Given, Guess

__all__ = ["LIKELY", "STOPS", "SURE", "UNSURE", "Draft", "Given", "Guess", "draft_study"]
