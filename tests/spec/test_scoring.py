"""How answers become scores, on every engine."""

from pathlib import Path

import pytest

from peereval.errors import ScaleError, StudyError
from peereval.pipeline import score_study
from peereval.scales import load_scale
from support.studies import FIVE, Table, make_plain_study, make_scale
from support.tables import assert_table, read_table


def check_scores(
    folder: Path, engine: str, drawn: str, expected: str, *scales: Table | str, **settings: object
) -> None:
    """Answers of one occasion, and the scores that they must give."""
    rows = [{**row, "when": "b1"} for row in read_table(drawn)]
    study = make_plain_study(folder, rows, *scales, **settings)
    assert_table(score_study(study, engine).tables["scores"], expected)


def score(
    rule: str, of: str, low: float, high: float, name: str = "total", **rest: object
) -> Table:
    return {"id": name, "rule": rule, "of": of.split(), "range": [low, high], **rest}


# --- sums -----------------------------------------------------------------------------------


def test_sum_adds_the_codes_of_the_items(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c
        k1  0  0  0
        k2  1  2  3
        k3  4  4  4
    """
    expected = """
        respondent  trust_total
        k1          0
        k2          6
        k3          12
    """
    check_scores(tmp_path, engine, answers, expected, make_scale("trust", "a b c", labels=FIVE))


def test_reversed_item_counts_from_the_other_end(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b
        k1  0  0
        k2  1  4
        k3  4  1
    """
    expected = """
        respondent  trust_total
        k1          4
        k2          1
        k3          7
    """
    check_scores(tmp_path, engine, answers, expected, make_scale("trust", "a b-", labels=FIVE))


def test_reversal_keeps_the_range_of_codes_that_do_not_begin_at_0(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  a
        k1  -2
        k2  3
        k3  0
    """
    expected = """
        respondent  trust_total
        k1          3
        k2          -2
        k3          1
    """
    labels = {str(code): code for code in range(-2, 4)}
    check_scores(tmp_path, engine, answers, expected, make_scale("trust", "a-", labels=labels))


def test_missing_answer_makes_a_sum_missing(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c
        k1  1  1  1
        k2  -  1  1
        k3  1  -  1
        k4  1  1  -
    """
    expected = """
        respondent  trust_total  n_answered
        k1          5            3
        k2          -            2
        k3          -            2
        k4          -            2
    """
    check_scores(tmp_path, engine, answers, expected, make_scale("trust", "a b- c", labels=FIVE))


def test_row_without_any_answer_scores_missing_and_not_0(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c  d
        k1  -  -  -  -
        k2  0  0  0  0
    """
    expected = """
        respondent  sum_total  mean_total  prorated_total  n_answered
        k1          -          -           -               0
        k2          0          0           0               4
    """
    scales = (
        make_scale("sum", "a b", labels=FIVE),
        make_scale("mean", "c", score("mean", "c", 0, 4), labels=FIVE),
        make_scale("prorated", "d", score("sum", "d", 0, 4, prorate=True), labels=FIVE),
    )
    check_scores(tmp_path, engine, answers, expected, *scales)


def test_scale_that_no_one_answered_is_missing_throughout(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b
        k1  1  -
        k2  2  -
    """
    expected = """
        respondent  one_total  two_total
        k1          1          -
        k2          2          -
    """
    scales = (make_scale("one", "a", labels=FIVE), make_scale("two", "b", labels=FIVE))
    check_scores(tmp_path, engine, answers, expected, *scales)


def test_sum_beyond_127_does_not_wrap(tmp_path: Path, engine: str) -> None:
    """Thirty items of 0 to 10 reach 300; eight bits end at 127, and wrap without a word."""
    items = [f"i{n}" for n in range(30)]
    rows = [
        {"id": name, "when": "b1"} | dict.fromkeys(items, code)
        for name, code in (("k1", "10"), ("k2", "5"), ("k3", "0"))
    ]
    reversed_too = [f"{item}-" if n % 2 else item for n, item in enumerate(items)]
    study = make_plain_study(tmp_path, rows, make_scale("long", " ".join(reversed_too)))
    expected = """
        respondent  long_total
        k1          150
        k2          150
        k3          150
    """
    assert_table(score_study(study, engine).tables["scores"], expected)
    study = make_plain_study(tmp_path, rows, make_scale("plain", " ".join(items)))
    expected = """
        respondent  plain_total
        k1          300
        k2          150
        k3          0
    """
    assert_table(score_study(study, engine).tables["scores"], expected)


def test_codes_at_the_ends_of_eight_bits_reverse_without_wrapping(
    tmp_path: Path, engine: str
) -> None:
    """low + high = 190 is more than eight bits hold."""
    answers = """
        id  a    b
        k1  90   90
        k2  100  100
        k3  95   100
    """
    expected = """
        respondent  big_total
        k1          190
        k2          190
        k3          185
    """
    labels = {"90": 90, "95": 95, "100": 100}
    check_scores(tmp_path, engine, answers, expected, make_scale("big", "a b-", labels=labels))


def test_items_that_a_score_does_not_name_leave_it_alone(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c
        k1  1  2  -
        k2  -  2  3
    """
    expected = """
        respondent  trust_near  trust_far
        k1          3           -
        k2          -           3
    """
    near, far = score("sum", "a b", 0, 8, "near"), score("sum", "c", 0, 4, "far")
    check_scores(
        tmp_path, engine, answers, expected, make_scale("trust", "a b c", near, far, labels=FIVE)
    )


# --- means and pro-rating -------------------------------------------------------------------


def test_mean_is_of_the_answers_given_if_enough_were(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c
        k1  1  2  3
        k2  1  2  -
        k3  -  4  3
        k4  -  -  3
        k5  -  -  -
    """
    expected = """
        respondent  trust_total
        k1          2
        k2          1.5
        k3          3.5
        k4          -
        k5          -
    """
    rule = score("mean", "a b c", 0, 4, min_answered=2)
    check_scores(
        tmp_path, engine, answers, expected, make_scale("trust", "a b c", rule, labels=FIVE)
    )


def test_mean_is_not_rounded(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c
        k1  1  2  2
        k2  0  0  1
    """
    expected = """
        respondent  trust_total
        k1          1.66666666667
        k2          0.333333333333
    """
    rule = score("mean", "a b c", 0, 4)
    check_scores(
        tmp_path, engine, answers, expected, make_scale("trust", "a b c", rule, labels=FIVE)
    )


def test_mean_reverses_before_it_averages(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b
        k1  1  0
        k2  -  1
    """
    expected = """
        respondent  trust_total
        k1          2.5
        k2          3
    """
    rule = score("mean", "a b", 0, 4, min_answered=1)
    check_scores(
        tmp_path, engine, answers, expected, make_scale("trust", "a b-", rule, labels=FIVE)
    )


def test_prorating_fills_blanks_with_the_mean_of_the_others(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c  d
        k1  1  2  3  4
        k2  1  2  3  -
        k3  1  -  -  4
        k4  -  1  2  2
        k5  -  -  -  4
        k6  -  -  -  -
    """
    expected = """
        respondent  trust_total
        k1          10
        k2          8
        k3          10
        k4          6.66666666667
        k5          -
        k6          -
    """
    rule = score("sum", "a b c d", 0, 16, prorate=True, min_answered=2)
    check_scores(
        tmp_path, engine, answers, expected, make_scale("trust", "a b c d", rule, labels=FIVE)
    )


@pytest.mark.parametrize(("rule", "expected"), [("mean", "2.5"), ("sum", "60")])
def test_score_of_many_items_of_which_half_may_be_missing_is_exact_or_refused(
    tmp_path: Path, engine: str, rule: str, expected: str
) -> None:
    """The whole number behind it is huge: it must not wrap, nor end in a library's error."""
    items = [f"i{n}" for n in range(24)]
    ends = (0, 4) if rule == "mean" else (0, 96)
    rows = [
        {"id": "k1", "when": "b1"} | {item: str(2 + n % 2) for n, item in enumerate(items)},
        {"id": "k2", "when": "b1"} | {item: str(2 + n % 2) for n, item in enumerate(items[:12])},
    ]
    scale = make_scale(
        "long",
        " ".join(items),
        score(rule, " ".join(items), *ends, min_answered=12, prorate=rule == "sum"),
        labels=FIVE,
    )
    try:
        study = make_plain_study(tmp_path, rows, scale)
    except (ScaleError, StudyError) as refusal:
        assert refusal.faults
        return
    assert_table(
        score_study(study, engine).tables["scores"],
        f"respondent long_total\n k1 {expected}\n k2 {expected}",
    )


# --- scores of scores -----------------------------------------------------------------------


def test_lookup_gives_the_value_of_the_table(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b
        k1  0  0
        k2  0  1
        k3  1  1
        k4  1  -
    """
    expected = """
        respondent  trust_raw  trust_metric
        k1          0          10
        k2          1          12.25
        k3          2          20.5
        k4          -          -
    """
    raw = score("sum", "a b", 0, 2, "raw")
    metric = score("lookup", "raw", 10, 20.5, "metric", table={"0": 10, "1": 12.25, "2": 20.5})
    scale = make_scale("trust", "a b", raw, metric, labels={"no": 0, "yes": 1})
    check_scores(tmp_path, engine, answers, expected, scale)


def test_bundled_swemwbs_gives_raw_and_metric_scores(tmp_path: Path, engine: str) -> None:
    answers = """
        id  optimistic  useful  relaxed  problems  thinking  close  own_mind
        k1  1           1       1        1         1         1      1
        k2  5           5       5        5         5         5      5
        k3  1           2       3        4         5         1      2
        k4  4           4       4        4         4         4      5
        k5  4           4       -        4         4         4      4
    """
    expected = """
        respondent  swemwbs_raw  swemwbs_metric
        k1          7            7
        k2          35           35
        k3          18           17.43
        k4          29           26.02
        k5          -            -
    """
    outcomes = ["swemwbs_raw", "swemwbs_metric"]
    check_scores(tmp_path, engine, answers, expected, "swemwbs", outcomes=outcomes)


def test_metric_scores_are_the_printed_decimals_to_the_last_bit(
    tmp_path: Path, engine: str
) -> None:
    """29.31 is 29.31 in the tables, not 29.310000000000002."""
    items = [item.id for item in load_scale("swemwbs").items]
    raws = range(7, 36)
    rows = [
        {"id": f"k{raw}", "when": "b1"}
        | {item: str(1 + (raw - 7 + n) // 7) for n, item in enumerate(items)}
        for raw in raws
    ]
    outcomes = ["swemwbs_raw", "swemwbs_metric"]
    study = make_plain_study(tmp_path, rows, "swemwbs", outcomes=outcomes)
    scores = score_study(study, engine).tables["scores"]
    assert scores["swemwbs_raw"].to_list() == list(raws)
    assert scores["swemwbs_metric"].to_list() == [
        7.00, 9.51, 11.25, 12.40, 13.33, 14.08, 14.75, 15.32, 15.84, 16.36, 16.88, 17.43, 17.98,
        18.59, 19.25, 19.98, 20.73, 21.54, 22.35, 23.21, 24.11, 25.03, 26.02, 27.03, 28.13, 29.31,
        30.70, 32.55, 35.00,
    ]  # fmt: skip


def test_bundled_pss4_reverses_its_second_and_third_item(tmp_path: Path, engine: str) -> None:
    answers = """
        id  control  confident  going_well  piling_up
        k1  0        0          0           0
        k2  4        0          0           4
        k3  0        4          4           0
        k4  2        4          0           3
        k5  2        4          0           -
    """
    expected = """
        respondent  pss4_total
        k1          8
        k2          16
        k3          0
        k4          9
        k5          -
    """
    check_scores(tmp_path, engine, answers, expected, "pss4", outcomes=["pss4_total"])


def test_rescale_is_factor_times_score_plus_offset(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b
        k1  0  0
        k2  1  2
        k3  4  4
        k4  4  -
    """
    expected = """
        respondent  trust_raw  trust_percent  trust_half
        k1          0          0              2.25
        k2          3          37.5           0.75
        k3          8          100            -1.75
        k4          -          -              -
    """
    scale = make_scale(
        "trust",
        "a b",
        score("sum", "a b", 0, 8, "raw"),
        score("rescale", "raw", 0, 100, "percent", factor=12.5),
        score("rescale", "raw", -1.75, 2.25, "half", factor=-0.5, offset=2.25),
        labels=FIVE,
    )
    check_scores(tmp_path, engine, answers, expected, scale)


def test_rescaled_mean_stays_exact(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c
        k1  1  2  2
        k2  1  2  -
    """
    expected = """
        respondent  trust_mean     trust_percent
        k1          1.66666666667  41.6666666667
        k2          1.5            37.5
    """
    scale = make_scale(
        "trust",
        "a b c",
        score("mean", "a b c", 0, 4, "mean", min_answered=2),
        score("rescale", "mean", 0, 100, "percent", factor=25),
        labels=FIVE,
    )
    check_scores(tmp_path, engine, answers, expected, scale)


def test_scores_of_different_fineness_add_up_and_average(tmp_path: Path, engine: str) -> None:
    answers = """
        id  a  b  c  d  e
        k1  1  2  2  1  4
        k2  4  4  4  4  4
        k3  1  2  -  1  4
        k4  1  2  2  1  -
    """
    expected = """
        respondent  trust_sum      trust_mean
        k1          6.66666666667  3.33333333333
        k2          12             6
        k3          -              -
        k4          -              -
    """
    scale = make_scale(
        "trust",
        "a b c d e",
        score("mean", "a b c", 0, 4, "near"),
        score("sum", "d e", 0, 8, "far"),
        score("sum", "near far", 0, 12, "sum"),
        score("mean", "near far", 0, 6, "mean"),
        labels=FIVE,
    )
    check_scores(tmp_path, engine, answers, expected, scale)


# --- questions and occasions ----------------------------------------------------------------


def test_questions_are_carried_as_their_codes(tmp_path: Path, engine: str) -> None:
    answers = """
        id  |  a  |  saw_nurse   |  had_help
        k1  |  1  |  Not at all  |  Yes
        k2  |  1  |  Weekly      |  No
        k3  |  1  |  Once        |  -
    """
    expected = """
        respondent  nurse  help  n_answered
        k1          0      1     3
        k2          2      0     3
        k3          1      -     2
    """
    check_scores(
        tmp_path,
        engine,
        answers,
        expected,
        make_scale("trust", "a", labels=FIVE),
        frequencies={"term": {"Weekly": 12.67, "Once": 1, "Not at all": 0}},
        questions=[
            {"id": "nurse", "kind": "contact", "columns": "saw_nurse", "frequencies": "term"},
            {"id": "help", "kind": "yes_no", "columns": "had_help"},
        ],
    )


def test_every_export_row_has_a_row_of_scores(tmp_path: Path, engine: str) -> None:
    """Also rows without an id, and second rows of one respondent."""
    exports = {
        "one.csv": read_table("""
            id  when  a
            k1  b1    1
            -   b1    2
            k1  b1    3
        """),
        "two.csv": read_table("""
            id  when  a
            k1  f1    4
        """),
    }
    study = make_plain_study(tmp_path, exports, make_scale("trust", "a", labels=FIVE))
    scores = score_study(study, engine).tables["scores"]
    assert_table(
        scores,
        """
        source   source_row  respondent  occasion  trust_total
        one.csv  2           k1          b1        1
        one.csv  3           -           b1        2
        one.csv  4           k1          b1        3
        two.csv  2           k1          f1        4
        """,
    )
    assert scores["row"].n_unique() == 4
