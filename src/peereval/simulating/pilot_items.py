"""Answers to the items of a scale, made from its scores, as an export writes them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from peereval.simulating.pilot_draws import Flags, Floats, Integers, bell, mix

PREFER_NOT = "Prefer not to say"


def split_points(
    points: Integers, ease: Floats, ends: tuple[int, int], scatter: float, rng: np.random.Generator
) -> Integers:
    """Item scores, one row a person, that add up to the person's points.

    Every item has its own ease and every answer its own scatter around the person's
    average; then the items furthest from where they would be are moved by one point
    until the sum is right.
    """
    wish = np.stack(
        [points / len(ease) + shift + scatter * bell(rng, len(points)) for shift in ease], axis=1
    )
    items: Integers = np.clip(np.rint(wish), *ends).astype(np.int64)
    people = np.arange(len(points))
    while True:
        gap = points - items.sum(axis=1)
        if not gap.any():
            return items
        step = np.sign(gap)
        room = np.where(step[:, None] > 0, items < ends[1], items > ends[0])
        pull = np.where(room, (wish - items) * step[:, None], -np.inf)
        items[people, pull.argmax(axis=1)] += step


def blank_items(complete: Flags, n_items: int, rng: np.random.Generator) -> Flags:
    """Which answers are missing: none of a complete score; else one, two or all of them."""
    share = rng.random(len(complete))
    count = np.where(share < 0.5, 1, np.where(share < 0.7, min(2, n_items), n_items))
    keys = np.stack([rng.random(len(complete)) for _ in range(n_items)], axis=1)
    rank = np.argsort(np.argsort(keys, axis=1, kind="stable"), axis=1, kind="stable")
    return (rank < count[:, None]) & ~complete[:, None]


def need(wellbeing: Floats, own: Floats) -> Floats:
    """How likely somebody is to look for support: more so when wellbeing is low."""
    return mix((0.35, -wellbeing), (0.65, own))


def write_item(
    scores: Integers,
    blank: Flags,
    codes: Mapping[int, str],
    ends: tuple[int, int],
    reverse: bool,
    refusal: str,
    rng: np.random.Generator,
) -> list[str]:
    """Cells of one item column: a label or a code per answer, blank or a refusal if missing."""
    raw = ends[0] + ends[1] - scores if reverse else scores
    refused = rng.random(len(scores)) < 0.3
    return [
        (refusal if no else "") if gone else codes[int(code)]
        for code, gone, no in zip(raw, blank, refused, strict=True)
    ]


def export_codes(scale: Mapping[str, Any], coding: str, style: str) -> dict[int, str]:
    """Code of the scale -> what the export writes for it: the label, or the export's number."""
    labels: dict[str, int] = scale["responses"]["labels"]
    if style == "labels":
        return {code: label for label, code in labels.items()}
    if not coding:
        return {code: str(code) for code in labels.values()}
    numbers: dict[str, str | int] = scale["responses"]["codings"][coding]
    return {
        labels[meaning] if isinstance(meaning, str) else meaning: number
        for number, meaning in numbers.items()
    }
