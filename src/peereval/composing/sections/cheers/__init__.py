"""How an economic evaluation is reported: the 28 items of CHEERS 2022 in their order.

Husereau et al. (2022), each item with what the publication says of it. What only people know
comes from ``[statements]`` of the study, and is said to be missing where it is not there.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from peereval.composing.content import Content
from peereval.composing.model import Block, Listed, Paragraph, Run, Section
from peereval.composing.sections.cheers import design, method, results
from peereval.composing.sections.cheers.saying import Said, say, stated
from peereval.composing.sentences import paragraph
from peereval.publishing import Economics

#: One text, or several that stand below each other.
_Maker = Callable[[Content, Economics], Said | list[Said]]
#: What stands for a number that was kept back.
KEPT_BACK = "[c]"
#: Of the statement that holds the items.
DOI = "10.1136/bmj-2021-067975"


def _of_people(key: str) -> _Maker:
    """An item that people alone know."""
    return partial(_stated, key=key)


def _stated(content: Content, declared: Economics, key: str) -> Said:
    return stated(content, declared, key)


#: Parts of the checklist with their items, in order.
_PARTS: Mapping[str, tuple[_Maker, ...]] = {
    "title": (design.title,),
    "abstract": (design.abstract,),
    "introduction": (_of_people("background"),),
    "methods": (
        _of_people("plan"), design.population, design.setting, design.comparators,
        design.perspective, design.horizon, design.discounting, design.outcomes,
        design.measurement, design.valuation, method.resources, method.currency, method.model,
        method.analytics, method.heterogeneity, method.distribution, method.uncertainty,
        _of_people("engagement"),
    ),
    "results": (
        method.parameters, results.main_results, results.effects,
        _of_people("effect_of_engagement"),
    ),
    "discussion": (design.limits,),
    "other": (_of_people("funding"), _of_people("interests")),
}  # fmt: skip


def cheers(content: Content) -> Section | None:
    """The section of the checklist; None where the study counts no costs."""
    declared = content.publication.economics
    if declared is None:
        return None
    parts, number = [], 1
    for name, makers in _PARTS.items():
        items = tuple(
            _item(content, declared, maker, n) for n, maker in enumerate(makers, start=number)
        )
        number += len(makers)
        title = content.words(f"cheers.part.{name}")
        parts.append(Section(f"cheers-part-{name}", title, (), items))
    cited = Paragraph(
        (
            *say(content, "citation"),
            Run(f"doi:{DOI}", link=f"https://doi.org/{DOI}"),
        ),
        "note",
    )
    blocks = [paragraph(content.words, "cheers.intro"), cited]
    if any(run.text == KEPT_BACK for part in parts for run in _runs(part)):
        blocks.append(paragraph(content.words, "cheers.kept_back", "note"))
    return Section("cheers", content.words("cheers.title"), tuple(blocks), tuple(parts))


def _runs(section: Section) -> Iterator[Run]:
    for block in section.blocks:
        items = block.items if isinstance(block, Listed) else (block,)
        for item in items:
            if isinstance(item, Paragraph):
                yield from item.runs
    for part in section.sections:
        yield from _runs(part)


def _item(content: Content, declared: Economics, maker: _Maker, number: int) -> Section:
    words, name = content.words, f"cheers.item.{number}"
    topic, gloss, where = (words(f"{name}.{key}") for key in ("topic", "gloss", "where"))
    return Section(
        f"cheers-{number}",
        words("cheers.heading", number=number, topic=topic),
        (
            paragraph(words, "cheers.asked", "note", gloss=gloss),
            _block(maker(content, declared)),
            paragraph(words, "cheers.where", "note", where=where),
        ),
    )


def _block(said: Said | list[Said]) -> Block:
    """A paragraph, or a list of several."""
    if isinstance(said, tuple):
        return Paragraph(said)
    return Listed(tuple(map(Paragraph, said))) if len(said) > 1 else Paragraph(said[0])
