"""Random numbers belong to what they are about."""

from __future__ import annotations

import hashlib

import numpy as np

from planner.forecast.model import CHUNK
from planner.forecast.streams import heavy, normals, stream


def test_a_stream_is_keyed_by_the_digest_of_its_name():
    """Philox with the 16-byte blake2b digest of seed, chunk and name, so the bytes are the same on every run."""
    key = np.frombuffer(hashlib.blake2b(b"7\x1f2\x1fnear\x1fP01", digest_size=16).digest(), dtype=np.uint64)
    expected = np.random.Generator(np.random.Philox(key=key)).standard_normal(4)
    assert (stream(7, 2, "near", "P01").standard_normal(4) == expected).all()


def test_names_chunks_and_seeds_each_make_another_stream():
    """No two differently written names share numbers, not even when their letters join to the same text."""
    drawn = {
        normals(*who)[0, 0].item()
        for who in [
            (1, 0, 1, "ab", "c"),
            (1, 0, 1, "a", "bc"),
            (1, 1, 1, "ab", "c"),
            (2, 0, 1, "ab", "c"),
            (11, 0, 1, "b", "c"),
        ]
    }
    assert len(drawn) == 5


def test_a_longer_horizon_leaves_earlier_years_as_they_are():
    """More rows extend the array of normals and of heavy-tailed shocks."""
    assert (normals(1, 0, 9, "x")[:4] == normals(1, 0, 4, "x")).all()
    assert (heavy(1, 0, 9, "x")[:4] == heavy(1, 0, 4, "x")).all()


def test_heavy_shocks_have_variance_1_and_long_tails():
    """Student's t with 5 degrees of freedom, scaled: excess kurtosis 6."""
    drawn = np.concatenate([heavy(1, chunk, 40, "x").ravel() for chunk in range(10)]).astype(float)
    assert len(drawn) == 400 * CHUNK
    assert drawn.std() == np.float64(drawn.std())
    assert abs(drawn.var() - 1) < 0.05
    assert np.mean(np.abs(drawn) > 4) > 20 * 6.3e-5
