"""What a scale file may hold."""

import tomllib
from pathlib import Path

import pytest

from peereval.scales import load_scale, load_scale_file, scale_files

FILES = scale_files()


def test_the_bundled_scales_are_these() -> None:
    assert set(FILES) == {"ahi", "cesd", "mmf", "our_future", "pss4", "srs", "swemwbs"}


@pytest.mark.parametrize("name", FILES)
def test_a_scale_is_named_as_its_file(name: str) -> None:
    assert load_scale_file(FILES[name]).id == name


# Wordings belong to their owners; a gloss says which item is meant and no more.
@pytest.mark.parametrize("name", FILES)
def test_no_item_holds_more_than_a_short_gloss(name: str) -> None:
    raw = tomllib.loads(FILES[name].read_text(encoding="utf-8"))
    long = {item["gloss"] for item in raw["items"] if len(item["gloss"]) > 60}
    assert not long
    assert all(item.keys() <= {"id", "gloss", "reverse"} for item in raw["items"])


@pytest.mark.parametrize("name", FILES)
def test_an_unverified_scale_says_what_was_not_verified(name: str) -> None:
    source = load_scale(name).source
    assert source["citation"]
    assert source["licence"]
    assert source["checked"]
    if not source["verified"]:
        assert source["notes"]


def test_a_study_s_own_folder_of_scales_is_searched_first(tmp_path: Path) -> None:
    text = FILES["pss4"].read_text(encoding="utf-8")
    (tmp_path / "pss4.toml").write_text(text.replace('"1.0.0"', '"1.0.0-ours"'), encoding="utf-8")
    assert load_scale("pss4", tmp_path).version == "1.0.0-ours"
    assert load_scale("pss4").version == "1.0.0"
    assert load_scale("srs", tmp_path).id == "srs"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    import os

    text = FILES["pss4"].read_text(encoding="utf-8")
    place = tmp_path / "pss4.toml"
    place.write_text(text, encoding="utf-8")
    assert load_scale("pss4", tmp_path).version == "1.0.0"
    place.write_text(text.replace('"1.0.0"', '"2.0.0"'), encoding="utf-8")
    os.utime(place, ns=(1, 1))
    assert load_scale("pss4", tmp_path).version == "2.0.0"
