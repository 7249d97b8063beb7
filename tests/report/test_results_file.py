"""results.json: what is written is read back the same, and its schema says what it is."""

import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from peereval.errors import OutputError
from peereval.publishing import Publication, from_json, schema, to_json

DOCS = Path(__file__).parents[2] / "docs" / "results.schema.json"


@pytest.mark.parametrize("name", ["publication", "small"])
def test_what_is_read_back_is_what_was_written(name: str, request: pytest.FixtureRequest) -> None:
    publication: Publication = request.getfixturevalue(name)
    again = from_json(to_json(publication))
    for field in msgspec.structs.fields(Publication):
        one, two = getattr(publication, field.name), getattr(again, field.name)
        if field.name in ("results", "claims"):
            assert one.equals(two)
            assert one.schema == two.schema
        else:
            assert one == two, field.name
    assert to_json(again) == to_json(publication)


def test_numbers_lose_nothing(output: Path, publication: Publication) -> None:
    import polars as pl

    assert pl.read_parquet(output / "results.parquet").equals(publication.results)


def test_the_file_is_as_its_schema_says(output: Path) -> None:
    content = json.loads((output / "results.json").read_text(encoding="utf-8"))
    published = json.loads((output / "results.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(published)
    content["results"] = content["results"][::50]  # the validator is slow, and rows are alike
    assert list(validator.iter_errors(content)) == []
    content["results"][0]["marker"] = "?"
    assert list(validator.iter_errors(content))


def test_the_published_schema_is_that_of_the_code() -> None:
    assert json.loads(DOCS.read_text(encoding="utf-8")) == json.loads(json.dumps(schema()))


def test_nothing_of_single_rows_or_files_is_told(output: Path) -> None:
    text = (output / "results.json").read_text(encoding="utf-8")
    assert "sha256" not in text
    assert "wave_1_baseline_primary.csv" not in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "truncated"),
        (b"{}", "format"),
        (b'{"format": 1}', "study"),
        (b"\xff\xfe", "not a file of results"),
    ],
)
def test_another_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(OutputError) as caught:
        from_json(content)
    (fault,) = caught.value.faults
    assert fault.code == "REP003"
    assert said in fault.found


def test_a_later_format_is_refused(small: Publication) -> None:
    later = to_json(small).replace(b'{"format":1,', b'{"format":2,', 1)
    with pytest.raises(OutputError) as caught:
        from_json(later)
    assert "format 2" in caught.value.faults[0].found
