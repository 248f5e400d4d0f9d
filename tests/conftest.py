"""What holds for all tests."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("again", derandomize=True)
if os.environ.get("CI"):
    # What lands is judged on the same examples each time; at a desk every run tries new ones.
    settings.load_profile("again")


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_interrupts():
    """Let Ctrl-C interrupt, here and in the processes that tests start, also where a shell in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
