"""The total of costs has pairs of its own: of those who answered every costed question."""

from pathlib import Path

from peereval.pipeline import analyse
from support.studies import MOOD, make_study

FREQUENCIES = {"weekly": {"Never": 0, "Once": 1, "Weekly": 12}}
COSTS = """
format = 1
id = "made_up"
currency = "GBP"

[[unit_costs]]
id = "visit"
value = 10
unit = "per contact"
price_year = "2016/17"
source = "made up"
licence = "none"
status = "made up"
"""


def test_total_is_of_all_who_answered_all_questions_in_one_wave(
    tmp_path: Path, engine: str
) -> None:
    """Each question takes its first complete wave; the total takes the first that has them all."""
    answers = """
        id  school  role    when  mood  nurse   gp
        k1  north   mentee  b1    1     Once    -
        k1  north   mentee  f1    1     Never   -
        k1  north   mentee  b2    1     Weekly  Once
        k1  north   mentee  f2    1     Once    Never
        k2  north   mentee  b1    1     Once    Once
        k2  north   mentee  f1    1     Once    Never
    """
    (tmp_path / "costs.toml").write_text(COSTS, encoding="utf-8")
    questions = [
        {"id": name, "kind": "contact", "columns": name, "frequencies": "weekly",
         "unit_cost": "visit"}
        for name in ("nurse", "gp")
    ]  # fmt: skip
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        comparisons=[{"id": "short", "pairs": [["b1", "f1"], ["b2", "f2"]]}],
        questions=questions,
        frequencies=FREQUENCIES,
        costs={"unit_costs": "costs.toml", "group": "all"},
    )
    results = analyse(study, engine).tables["results"].filter(analysis="cost", method="descriptive")
    savings = results.filter(estimand="saving_per_respondent").select("outcome", "n", "estimate")
    assert savings.rows() == [
        ("nurse", 2, 5.0),  # k1 from wave 1: 1 to 0 visits; k2: 1 to 1
        ("gp", 2, 10.0),  # k1 from wave 2, k2 from wave 1: both 1 to 0
        ("all_contacts", 2, 65.0),  # k1 wholly from wave 2: (12 + 1) to (1 + 0); k2: 2 to 1
    ]
