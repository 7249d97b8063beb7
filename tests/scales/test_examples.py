"""Every worked example of every bundled scale file, on every road from answers to scores."""

from pathlib import Path

import pytest

from peereval.scales import Example, Scale, load_scale, scale_files
from scales.routes import ROUTES, in_bands

SCALES = {name: load_scale(name) for name in scale_files()}
CASES = [
    pytest.param(SCALES[name], coding, id=f"{name} {coding}".strip())
    for name in SCALES
    for coding in sorted({example.coding for example in SCALES[name].examples})
]


def expected_numbers(example: Example, scale: Scale) -> dict[str, float | None]:
    scores = {score.id for score in scale.scores}
    return {
        key: None if value is None else float(value)
        for key, value in example.expected.items()
        if key in scores
    }


def of_coding(scale: Scale, coding: str) -> list[Example]:
    return [example for example in scale.examples if example.coding == coding]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("scale", "coding"), CASES)
def test_every_example_gives_the_scores_it_says(
    scale: Scale, coding: str, route: str, tmp_path: Path
) -> None:
    examples = of_coding(scale, coding)
    made = ROUTES[route](tmp_path, scale, coding, [example.answers for example in examples])
    assert len(made) == len(examples)
    for example, scores in zip(examples, made, strict=True):
        wanted = expected_numbers(example, scale)
        assert {key: scores[key] for key in wanted} == wanted, example.name


@pytest.mark.parametrize(("scale", "coding"), CASES)
def test_every_example_falls_into_the_bands_it_says(
    scale: Scale, coding: str, tmp_path: Path
) -> None:
    examples = of_coding(scale, coding)
    answers = [example.answers for example in examples]
    made = ROUTES["study polars csv"](tmp_path, scale, coding, answers)
    bands = {band.id for band in scale.bands}
    for example, scores in zip(examples, made, strict=True):
        wanted = {key: value for key, value in example.expected.items() if key in bands}
        levels = in_bands(scale, scores)
        assert {key: levels[key] for key in wanted} == wanted, example.name


@pytest.mark.parametrize("name", SCALES)
def test_every_score_and_band_of_a_scale_is_in_an_example(name: str) -> None:
    scale = SCALES[name]
    defined = {score.id for score in scale.scores} | {band.id for band in scale.bands}
    shown = {
        key
        for example in scale.examples
        for key, value in example.expected.items()
        if value is not None
    }
    assert shown == defined
