"""The command line: parse, call, exit code. Everything heavy is imported inside the commands."""

import gc
import os

import click

from peereval import __version__
from peereval.cli.costs import costs
from peereval.cli.looking_up import explain, scales
from peereval.cli.planning import power
from peereval.cli.preparing import ids, init, pseudonymise, simulate
from peereval.cli.reporting import report
from peereval.cli.reviewing import check_table, methods
from peereval.cli.serving import links, serve
from peereval.cli.studying import analyse, check, match, score
from peereval.cli.tables import tables

# Freed memory goes back to the system at once: a large run then peaks at what it holds, two
# thirds of what it would otherwise. The allocator of polars reads this when it is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
# The matrices here are small: threads that share them out cost more than they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Imports and results are a great many small objects that stay: to look through them for rubbish
# every 700 objects costs a tenth of a run, and finds next to none.
gc.set_threshold(500_000, 20, 20)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="peereval")
def main() -> None:
    """Pre/post wellbeing surveys of children and young people -> an evaluation that stands up.

    \b
    peereval init before.csv after.csv        draft a study.toml from exports
    peereval check study.toml                 everything that is wrong or doubtful
    peereval analyse study.toml --out out     the whole evaluation of a study
    peereval report out --to docx             the report again, without the data
    peereval power --effect 0.2               how many respondents it takes
    peereval simulate --out practice          a made-up survey to practise on
    """


for _command in (
    init, check, analyse, report, score, match, methods, check_table, power, explain, ids,
    pseudonymise, simulate, scales, costs, tables, links, serve,
):  # fmt: skip
    main.add_command(_command)

if __name__ == "__main__":
    main()
