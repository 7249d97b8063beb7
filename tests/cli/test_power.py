"""The command that plans a survey."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from peereval.cli.planning import power


def ask(*words: str) -> Result:
    return CliRunner().invoke(power, list(words))


def said(*words: str) -> str:
    """What is printed, every line's spaces made one."""
    result = ask(*words)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert all(len(line) <= 100 for line in result.stdout.splitlines())
    return "\n".join(" ".join(line.split()) for line in result.stdout.splitlines())


def record(*words: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(ask(*words, "--format", "json").stdout)
    return made


def test_about_196_is_explained_and_199_is_exact() -> None:
    text = said()
    assert "> Matched pairs 199" in text
    assert "(1.95996 + 0.84162)^2 / 0.2^2 = 196.2." in text
    assert "196 pairs have a power of 79.57%; the exact answer is 199." in text
    assert 'says "around 196"' in text


def test_only_the_plan_of_the_report_is_said_to_be_its_own() -> None:
    for words in (["--effect", "0.3"], ["--design", "did"], ["--correlation", "0.6"]):
        text = said(*words)
        assert "Normal approximation" in text
        assert "report" not in text


def test_the_effect_that_so_many_pairs_show() -> None:
    assert "> Effect 0.142 standard deviations of change" in said("--n", "393")
    assert record("--n", "393")["effect_in_sd_of_change"] == pytest.approx(0.14166850421192312)


def test_the_power_of_pairs_and_an_effect() -> None:
    text = said("--n", "196", "--effect", "0.2")
    assert "> Power 79.6%, two-sided, level 0.95" in text
    assert record("--n", "196", "--effect", "0.2")["solved"] == "power"


def test_two_groups_of_given_sizes() -> None:
    text = said("--design", "did", "--treated", "0.6676", "--n", "373")
    assert "Matched pairs 373 (249 and 124)" in text
    assert "> Effect 0.309" in text


def test_organisations_and_attrition_make_it_more() -> None:
    text = said("--icc", ".05", "--organisation-size", "14", "--attrition", ".6")
    assert "> Matched pairs 364" in text
    assert "Respondents before 910, of whom 60% are lost" in text
    assert "Organisations 26, of 14.0 pairs" in text
    assert "Of respondents who are independent of one another 199 pairs would do." in text


def test_groups_in_separate_organisations_are_said_to_be() -> None:
    words = ("--design", "did", "--icc", "0.05", "--organisations", "60", "--effect", "0.3")
    assert "Each organisation is taken to have one of the two groups" in said(*words)
    assert record(*words)["n"] > record(*words, "--mixed")["n"]


def test_an_effect_in_standard_deviations_before() -> None:
    text = said("--correlation", "0.6")
    assert "Effect 0.224 standard deviations of change" in text
    assert "0.200 standard deviations before (correlation 0.6)" in text
    made = record("--correlation", "0.6", "--n", "159")
    before, change = made["effect_in_sd_before"], made["effect_in_sd_of_change"]
    assert before == pytest.approx(change * 0.8**0.5)


def test_the_record_holds_what_the_screen_shows() -> None:
    made = record("--icc", ".05", "--organisation-size", "14", "--attrition", ".6")
    assert (made["n"], made["respondents_before"], made["organisations"]) == (364, 910, 26)
    assert made["design_effect"] == pytest.approx(1.65)
    assert made["n_by_normal_approximation"] is None
    assert record()["n_by_normal_approximation"] == pytest.approx(196.2219, abs=1e-4)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--n 100 --effect 0.2 --power 0.8", "two of n, effect and power"),
        ("--effect 0", "effect must be more than 0"),
        ("--icc 0.05", "needs the size of organisations"),
        ("--icc 0.1 --organisations 10", "needs more organisations"),
        ("--correlation 1", "correlation must lie"),
        ("--attrition 1", "attrition must be"),
        ("--mixed", "did design"),
    ],
)
def test_what_cannot_be_ends_with_code_2(words: str, why: str) -> None:
    result = ask(*words.split())
    assert result.exit_code == 2
    assert why in result.stderr
    assert result.stdout == ""
