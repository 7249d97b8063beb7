"""Pictures that another process paints are those that this one would."""

import sys

import pytest

from peereval.rendering.charts import elsewhere, to_png, to_pngs

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20">'
    '<text x="2" y="15" font-family="Arial" font-size="12">Base {}</text></svg>'
)
SVGS = [SVG.format(n) for n in range(12)]


@pytest.fixture
def own() -> list[bytes]:
    return [to_png(svg, 1) for svg in SVGS]


def test_pictures_are_the_same_in_the_same_order(
    own: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere.os, "cpu_count", lambda: 2)
    asked = []
    painted = elsewhere._painted_elsewhere
    monkeypatch.setattr(
        elsewhere, "_painted_elsewhere", lambda *said: asked.append(painted(*said)) or asked[0]
    )
    assert to_pngs(SVGS, 1)() == own
    assert asked == [own], "another process painted them"


@pytest.mark.parametrize("instead", ["/no/such/program", "false"])
def test_where_no_process_can_be_had_they_are_painted_here(
    own: list[bytes], instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(sys, "executable", instead)
    assert to_pngs(SVGS, 1)() == own


def test_few_are_painted_at_once(own: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "_painted_elsewhere", None)
    assert to_pngs(SVGS[:3], 1)() == own[:3]
    assert to_pngs([], 1)() == []
