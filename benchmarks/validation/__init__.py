"""The parts of `benchmarks/validate.py`: surveys whose truth is known, and what is found there."""
