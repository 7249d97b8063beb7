"""Moments -> estimates: one method a file, each a function of exact sums."""
