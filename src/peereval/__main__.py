"""`python -m peereval`."""

from peereval.cli import main

main(prog_name="peereval")
