"""Sums and counts of pairs, on every engine."""

from pathlib import Path

from peereval.columns import names
from peereval.moments import Moments
from peereval.pipeline import analyse
from peereval.studies import Study
from support.studies import CALM, MOOD, SHORT, band_levels, make_scale, make_study, write_toml
from support.tables import assert_table


def moments_of(study: Study, engine: str) -> Moments:
    moments = analyse(study, engine).moments
    assert moments is not None
    return moments


_PAIRS = """
    id  school  role     when  mood  calm
    k1  north   mentee   b1    1     10
    k1  north   mentee   f1    4     8
    k2  north   mentee   b1    2     0
    k2  north   mentee   f1    5     -
    k3  north   neither  b1    3     1
    k3  north   neither  f1    3     2
    k4  south   mentee   b1    7     2
    k4  south   mentee   f1    0     3
    k5  south   mentee   b1    9     9
"""


def test_cells_are_sums_by_outcome_role_and_organisation(tmp_path: Path, engine: str) -> None:
    moments = moments_of(make_study(tmp_path, _PAIRS, MOOD, CALM), engine)
    expected = """
        outcome     comparison  phase  role     organisation  n  sum_pre  sum_post  sum_pre_sq  sum_post_sq  sum_pre_post
        mood_total  change      young  mentee   north         2  3        9         5           41           14
        mood_total  change      young  neither  north         1  3        3         9           9            9
        mood_total  change      young  mentee   south         1  7        0         49          0            0
        calm_total  change      young  mentee   north         1  10       8         100         64           80
        calm_total  change      young  neither  north         1  1        2         1           4            2
        calm_total  change      young  mentee   south         1  2        3         4           9            6
    """  # noqa: E501
    assert_table(moments.cells, expected)
    assert moments.cells.columns == names("cells")


def test_unknown_role_and_organisation_have_cells_of_their_own(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  -       mentee  b1    1
        k1  -       mentee  f1    2
        k2  -       mentee  b1    3
        k2  -       mentee  f1    4
        k3  north   -       b1    5
        k3  north   -       f1    6
        k4  -       -       b1    7
        k4  -       -       f1    8
    """
    moments = moments_of(make_study(tmp_path, answers, MOOD), engine)
    expected = """
        role    organisation  n  sum_pre  sum_post
        mentee  -             2  4        6
        -       north         1  5        6
        -       -             1  7        8
    """
    assert_table(moments.cells, expected)
    assert set(moments.cells["role"]) == {"mentee", ""}
    assert set(moments.cells["organisation"]) == {"north", ""}


def test_organisation_with_the_name_of_a_missing_value_is_an_organisation(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  None    mentee  b1    1
        k1  None    mentee  f1    2
        k2  NA      mentee  b1    3
        k2  NA      mentee  f1    4
        k3  -       mentee  b1    5
        k3  -       mentee  f1    6
    """
    moments = moments_of(make_study(tmp_path, answers, MOOD), engine)
    assert_table(moments.cells, "organisation n sum_pre\nNone 1 1\nNA 1 3\n- 1 5")


def test_cells_of_phases_and_comparisons_are_apart(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  version  mood
        k1  north   mentee  b1    young    1
        k1  north   mentee  f1    young    2
        k1  north   mentee  f2    young    3
        k2  north   mentee  b1    old      4
        k2  north   mentee  f1    old      5
    """
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        phases=["young", "old"],
        comparisons=[SHORT, {"id": "medium", "pairs": [["b1", "f2"]]}],
    )
    moments = moments_of(study, engine)
    expected = """
        comparison  phase  n  sum_pre  sum_post
        short       young  1  1        2
        short       old    1  4        5
        medium      young  1  1        3
    """
    assert_table(moments.cells, expected)
    expected = """
        comparison  phase  role    organisation  n
        short       young  mentee  north         1
        short       old    mentee  north         1
        medium      young  mentee  north         1
    """
    assert_table(moments.counted, expected)


def test_sums_are_of_whole_numbers_whatever_the_unit_of_the_score(
    tmp_path: Path, engine: str
) -> None:
    """A mean of two items is held as twice itself, so that sums are exact."""
    rule = {"id": "total", "rule": "mean", "of": ["a", "b"], "range": [0, 10]}
    answers = """
        id  school  role    when  a  b
        k1  north   mentee  b1    1  2
        k1  north   mentee  f1    4  4
        k2  north   mentee  b1    0  1
        k2  north   mentee  f1    3  2
    """
    run = analyse(make_study(tmp_path, answers, make_scale("trust", "a b", rule)), engine)
    assert run.moments is not None
    assert_table(
        run.moments.cells,
        "n sum_pre sum_post sum_pre_sq sum_post_sq sum_pre_post\n2 4 13 10 89 29",
    )
    means = run.tables["results"].filter(method="descriptive", group="all")
    expected = """
        estimand     estimate
        mean_pre     1
        sd_pre       0.707106781187
        mean_post    3.25
        sd_post      1.06066017178
        correlation  1
    """
    assert_table(means, expected)


def test_histograms_count_every_pair_of_values_of_bands_and_questions(
    tmp_path: Path, engine: str
) -> None:
    scale = make_scale(
        "mood",
        "mood",
        bands=[{"id": "bands", "score": "total", "levels": band_levels(low=0, high=6)}],
    )
    answers = """
        id  school  role     when  mood  calm  help
        k1  north   mentee   b1    1     1     yes
        k1  north   mentee   f1    8     1     no
        k2  north   mentee   b1    1     2     yes
        k2  north   mentee   f1    8     2     no
        k3  north   mentee   b1    1     2     -
        k3  north   mentee   f1    7     2     no
        k4  south   neither  b1    1     2     no
        k4  south   neither  f1    8     2     no
    """
    study = make_study(
        tmp_path,
        answers,
        scale,
        CALM,
        bands=["mood_bands"],
        questions=[{"id": "help", "kind": "yes_no", "columns": "help"}],
    )
    expected = """
        outcome     role     organisation  pre  post  n
        mood_total  mentee   north         1    8     2
        mood_total  mentee   north         1    7     1
        mood_total  neither  south         1    8     1
        help        mentee   north         1    0     2
        help        neither  south         0    0     1
    """
    moments = moments_of(study, engine)
    assert_table(moments.histograms, expected)
    assert moments.histograms.columns == names("histograms")


def test_contacts_are_counted_jointly_for_those_who_answered_all(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  |  school  |  role    |  when  |  mood  |  nurse       |  doctor
        k1  |  north   |  mentee  |  b1    |  1     |  Weekly      |  Once
        k1  |  north   |  mentee  |  f1    |  1     |  Not at all  |  Once
        k2  |  north   |  mentee  |  b1    |  1     |  Weekly      |  Once
        k2  |  north   |  mentee  |  f1    |  1     |  Not at all  |  Once
        k3  |  north   |  mentee  |  b1    |  1     |  Weekly      |  -
        k3  |  north   |  mentee  |  f1    |  1     |  Weekly      |  Once
    """
    costs = {
        "format": 1,
        "id": "prices",
        "currency": "GBP",
        "unit_costs": [_cost("nurse", 10), _cost("gp", 20.5)],
    }
    write_toml(tmp_path / "costs.toml", costs)
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        frequencies={"term": {"Weekly": 12.67, "Once": 1, "Not at all": 0}},
        questions=[
            {
                "id": "nurse",
                "kind": "contact",
                "columns": "nurse",
                "frequencies": "term",
                "unit_cost": "nurse",
            },
            {
                "id": "doctor",
                "kind": "contact",
                "columns": "doctor",
                "frequencies": "term",
                "unit_cost": "gp",
            },
        ],
        costs={"unit_costs": "costs.toml", "group": "helped"},
    )
    run = analyse(study, engine)
    assert run.moments is not None
    expected = """
        role    organisation  pre_nurse  post_nurse  pre_doctor  post_doctor  n
        mentee  north         2          0           1           1            2
    """
    assert_table(run.moments.contacts, expected)
    costs_of = run.tables["results"].filter(analysis="cost", method="descriptive")
    expected = """
        outcome       estimand               estimate       n
        nurse         cost_pre               126.7          3
        nurse         cost_post              42.2333333333  3
        nurse         saving_per_respondent  84.4666666667  3
        doctor        cost_pre               20.5           2
        doctor        cost_post              20.5           2
        doctor        saving_per_respondent  0              2
        all_contacts  cost_pre               147.2          2
        all_contacts  cost_post              20.5           2
        all_contacts  saving_per_respondent  126.7          2
    """
    assert_table(costs_of, expected)


def _cost(name: str, value: float) -> dict[str, object]:
    words = dict.fromkeys(("unit", "source", "licence", "status"), "made up") | {
        "price_year": "2017"
    }
    return {"id": name, "value": value, **words}
