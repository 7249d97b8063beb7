"""Spoilt inputs by the thousand: each must end in a result or a `PeerevalError`.

    python tests/fuzz/mutate.py --n 10000 --seconds 900
    python tests/fuzz/mutate.py --seed 4711          one of them again, with its traceback

Inputs are used in a child process with little memory and little time for each, so that a bomb
or an endless loop ends the child and not the loop. What fails is printed with its seed and kept.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

MEMORY = 4 << 30  # of addresses: libraries reserve more than they use
PATIENCE = 20.0
_START_UP = 60.0


@dataclass
class Tally:
    """How the inputs ended, by kind of file; and what must not have happened."""

    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[dict[str, str]] = field(default_factory=list)

    @property
    def n(self) -> int:
        return sum(self.ends.values())


# --- in the child -------------------------------------------------------------------------


def use(seeds: range, folder: Path, memory: int = MEMORY) -> Iterator[dict[str, object]]:
    """Use the input of each seed, and say how it ended: first that it begins, then how."""
    from fuzz.desk import PLANTED, in_headings, kinds, lay, spoil
    from peereval.errors import PeerevalError

    folder.mkdir(parents=True, exist_ok=True)
    every = kinds(folder)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for seed in seeds:
        kind, content, chance = spoil(every, seed)
        yield {"seed": seed, "kind": kind}
        path = lay(folder / "desk", every[kind], content)
        try:
            end, told = "a result", every[kind].use(path, chance)
        except PeerevalError as error:
            end, told = type(error).__name__, str(error)
        except BaseException:
            end, told = traceback.format_exc(), ""
        if PLANTED.lower() in told.lower() and not in_headings(content):
            end = f"gave an answer away: {told}"
        yield {"seed": seed, "kind": kind, "end": end}


def _child(first: int, last: int, folder: Path) -> None:
    for said in use(range(first, last), folder):
        print(json.dumps(said), flush=True)


# --- in the parent ------------------------------------------------------------------------


def run(first: int, n: int, seconds: float, keep: Path) -> Tally:
    """Inputs of the seeds from ``first``: as many as ``n`` and the time allow."""
    tally, until, seed, last = Tally(), time.monotonic() + seconds, first, first + n
    while seed < last and time.monotonic() < until:
        seed = _some(seed, last, until, tally, keep)
    return tally


def _some(first: int, last: int, until: float, tally: Tally, keep: Path) -> int:
    """One child, until it is through, out of time, or stopped; returns the next seed."""
    seed, kind, patience = first, "", _START_UP
    with tempfile.TemporaryDirectory() as folder:
        words = [str(first), str(last), folder]
        call = [sys.executable, "-W", "error", __file__, "--child", *words]
        few = os.environ | {"POLARS_MAX_THREADS": "2", "OMP_NUM_THREADS": "1"}
        child = subprocess.Popen(
            call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=few
        )
        said = _listen(child)
        try:
            while time.monotonic() < until:
                try:
                    told = said.get(timeout=patience)
                except Empty:
                    _note(tally, seed, kind, f"no end within {patience:.0f} seconds", folder, keep)
                    return seed + 1
                if told is None:
                    if child.wait() != 0:
                        errors = child.stderr.read() if child.stderr else ""
                        _note(
                            tally,
                            seed,
                            kind,
                            f"ended with {child.returncode}\n{errors}",
                            folder,
                            keep,
                        )
                    return seed + 1 if child.returncode else last
                seed, kind, patience = told["seed"], told["kind"], PATIENCE
                if "end" in told:
                    _note(tally, seed, kind, told["end"], folder, keep)
            return last
        finally:
            child.kill()
            child.communicate()


def _listen(child: "subprocess.Popen[str]") -> "Queue[dict[str, Any] | None]":
    said: Queue[dict[str, Any] | None] = Queue()

    def listen() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            said.put(json.loads(line))
        said.put(None)

    threading.Thread(target=listen, daemon=True).start()
    return said


def _note(tally: Tally, seed: int, kind: str, end: str, folder: str, keep: Path) -> None:
    """Count an end; an end that must not be is printed, and its input kept."""
    good = end == "a result" or (end.endswith("Error") and "\n" not in end)
    tally.ends[kind, end if good else "FAILED"] += 1
    if good:
        return
    kept = keep / str(seed)
    kept.mkdir(parents=True, exist_ok=True)
    for path in (Path(folder) / "desk").glob("*"):
        if path.is_file():
            (kept / path.name).write_bytes(path.read_bytes())
    tally.failures.append({"seed": str(seed), "kind": kind, "end": end})
    print(f"seed {seed} ({kind}), kept in {kept}:\n{end}\n", flush=True)


def _again(seed: int, keep: Path) -> None:
    for said in use(range(seed, seed + 1), keep / f"again-{seed}"):
        print(said.get("end", said["kind"]))


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    words.add_argument("--n", type=int, default=10_000)
    words.add_argument("--seconds", type=float, default=900)
    words.add_argument("--first", type=int, default=0, help="first seed")
    words.add_argument("--seed", type=int, help="one seed again")
    words.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "peereval-fuzz")
    words.add_argument(
        "--child", nargs=3, metavar=("FIRST", "LAST", "FOLDER"), help=argparse.SUPPRESS
    )
    asked = words.parse_args()
    if asked.child:
        _child(int(asked.child[0]), int(asked.child[1]), Path(asked.child[2]))
        return 0
    if asked.seed is not None:
        _again(asked.seed, asked.keep)
        return 0
    tally = run(asked.first, asked.n, asked.seconds, asked.keep)
    for (kind, end), n in sorted(tally.ends.items()):
        print(f"{n:>7,}  {kind:<14} {end}")
    print(f"{tally.n:>7,}  inputs, {len(tally.failures)} of them failed")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
