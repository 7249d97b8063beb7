"""Fixtures and settings that every folder of tests shares."""

import pytest
from hypothesis import HealthCheck, settings

from peereval.engines import ENGINES

# Assertions of the shared modules say what they compared, as those of the tests do.
pytest.register_assert_rewrite("support")

# The same examples in every run: a failure in one place is a failure in all.
settings.register_profile(
    "same_everywhere",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same_everywhere")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Every engine in turn: what is specified holds on each."""
    return str(request.param)
