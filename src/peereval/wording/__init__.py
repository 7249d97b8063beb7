"""Every sentence that a reader sees, in one place: a folder per language, a file per part.

A text is found by its file, section and key (``figures.forest.title``); ``{names}`` in it are
filled in, and ``{n:question|questions}`` with the form that agrees with a number. A user's folder
of the same files replaces single texts, and is never half used.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from peereval import columns
from peereval.catalogue import EXPLANATIONS
from peereval.disclosure import RULES
from peereval.plurals import BETWEEN, Agreeing, agreeing
from peereval.wording.own import flat, own_texts

LANGUAGES = ("en-GB",)
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language by their dotted names."""

    language: str
    texts: Mapping[str, str] = field(repr=False)

    def __call__(self, name: str, /, **values: object) -> str:
        """The text of that name, filled in. Raises ``KeyError`` for a name that is not there."""
        text = self.texts[name]
        # Python's own way is ten times as fast, and most texts have no forms.
        return (
            Agreeing(self.rule).format(text, **values) if BETWEEN in text else text.format(**values)
        )

    def agreeing(self, forms: str, number: object) -> str:
        """Of forms as in a gap, the one that goes with a number in this language."""
        return agreeing(forms, number, self.rule)

    @property
    def rule(self) -> str:
        """Which form goes with a number (see `peereval.plurals`)."""
        return self.texts["report.plural"]

    def __contains__(self, name: str) -> bool:
        return name in self.texts

    def below(self, section: str) -> dict[str, str]:
        """The texts of a section by the rest of their names, in the order of the file."""
        start = section + "."
        found = self.texts.items()
        return {name[len(start) :]: text for name, text in found if name.startswith(start)}


def words(language: str = LANGUAGES[0], folder: Path | None = None) -> Words:
    """All texts of a language, those of a user's folder in place of ours.

    Raises ``UsageError`` with every fault of that folder at once (see `peereval.wording.own`).
    """
    texts = _bundled(language if language in LANGUAGES else LANGUAGES[0])
    if folder is None:
        return Words(language, texts)
    replaced = {**texts, **own_texts(folder, texts)}
    return Words(replaced.get("report.language", language), replaced)


def write_texts(folder: Path) -> None:
    """Write all our texts into a folder, for somebody who wants to say them in other words.

    The files are those of `words`, and may be changed and left out. Raises ``FileExistsError``
    rather than write over one.
    """
    files = {
        path.name: path.read_text(encoding="utf-8") for path in (_HERE / LANGUAGES[0]).iterdir()
    }
    files["vocabulary.toml"] = _as_toml(_vocabulary())
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _as_toml(texts: Mapping[str, str]) -> str:
    """Texts by dotted names, the first part of which is the name of their file."""
    lines, section = list[str](), ""
    for name, text in texts.items():
        _, within, last = name.split(".", 2)
        if within != section:
            section = within
            lines.append(f"\n[{section}]")
        lines.append(f"{json.dumps(last)} = {json.dumps(text, ensure_ascii=False)}")
    return "\n".join(lines).strip() + "\n"


@lru_cache
def _bundled(language: str) -> Mapping[str, str]:
    texts = _vocabulary()
    for path in sorted((_HERE / language).glob("*.toml")):
        texts |= flat(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    return texts


def _vocabulary() -> dict[str, str]:
    """Definitions of the closed lists of words, which a language may replace one by one.

    Below ``vocabulary``: ``analyses``, ``methods``, ``estimands``, ``ledger``, ``markers``,
    ``rules`` of disclosure control, ``findings`` by code, and ``columns`` of released results.
    """
    lists: Mapping[str, Mapping[str, str]] = {
        "analyses": columns.ANALYSES,
        "methods": columns.METHODS,
        "estimands": columns.ESTIMANDS,
        "ledger": columns.LEDGER_STATUSES,
        "markers": columns.MARKERS,
        "rules": RULES,
        "findings": {code: each.title for code, each in EXPLANATIONS.items()},
        "columns": {column.name: column.meaning for column in columns.RELEASED},
    }
    return {
        f"vocabulary.{part}.{name}": meaning
        for part, meanings in lists.items()
        for name, meaning in meanings.items()
    }
