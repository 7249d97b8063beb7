"""A question may be called anything that the study file accepts."""

from pathlib import Path

import pytest

from peereval.errors import StudyError
from peereval.pipeline import analyse
from support.studies import MOOD, SHORT, make_study
from support.tables import assert_table

_ANSWERS = """
    id  school  role    when  mood  answer
    k1  north   mentee  b1    4     yes
    k1  north   mentee  f1    5     no
    k2  north   mentee  b1    4     no
    k2  north   mentee  f1    7     no
    k3  north   mentee  b1    4     no
    k3  north   mentee  b1    9     -
    k3  north   mentee  f1    6     no
    k4  north   mentee  b2    4     no
    k4  north   mentee  f2    6     yes
"""

#: Words of the tables, and of the steps between them.
_WORDS = (
    "row",
    "source",
    "source_row",
    "respondent",
    "respondent_as_written",
    "occasion",
    "phase",
    "organisation",
    "role",
    "n_answered",
    "comparison",
    "before",
    "after",
    "wave",
    "counted",
    "n_complete",
    "n_outcomes",
    "status",
    "reason",
    "detail",
    "rank",
    "best",
    "n_rows",
    "n",
    "less_complete",
    "order",
    "usable_order",
    "complete",
    "first",
    "same",
    "pre",
    "post",
    "outcome",
    "mood_total",
    "mood_mood",
    "n_mood_total",
    "sum_pre",
)


@pytest.mark.parametrize("name", _WORDS)
@pytest.mark.parametrize("policy", ["most_complete", "drop"])
def test_name_that_is_a_word_of_ours_is_refused_or_harmless(
    tmp_path: Path, name: str, policy: str
) -> None:
    """Never another number, and never the error of a library."""
    questions = [{"id": name, "kind": "yes_no", "columns": "answer"}]
    try:
        study = make_study(
            tmp_path,
            _ANSWERS,
            MOOD,
            comparisons=[SHORT],
            questions=questions,
            matching={"duplicates": policy},
        )
    except StudyError as refusal:
        assert any(repr(name) in fault.found for fault in refusal.faults)
        return
    results = analyse(study).tables["results"].filter(group="all")
    expected = {
        "most_complete": "estimand estimate n\nshare_pre 0.25 4\nshare_post 0.25 4",
        "drop": "estimand estimate n\nshare_pre 0.333333333333 3\nshare_post 0.333333333333 3",
    }
    assert_table(results.filter(method="share"), expected[policy])
    scores = results.filter(method="paired_t", analysis="paired")
    assert_table(scores, {"most_complete": "estimate n\n2 4", "drop": "estimate n\n2 3"}[policy])
