"""One template from several samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.embedding import unit
from models.fusion import fuse


@given(st.integers(0, 2**31), st.integers(1, 8))
def test_the_template_is_a_unit_vector_whatever_the_order(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    rows = unit((random.normal(0, 0.3, (count, 128)) + 1).astype(np.float32))
    fused = fuse(rows)
    assert fused.shape == (128,)
    assert fused.dtype == np.float32
    assert abs(float(np.linalg.norm(fused)) - 1) < 1e-5
    np.testing.assert_allclose(fuse(rows[::-1]), fused, atol=1e-6)


@given(st.integers(0, 2**31))
def test_no_sample_is_farther_from_the_template_than_from_all_others_together(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = unit((random.normal(0, 1, (3, 16)) + 2).astype(np.float32))
    fused = fuse(rows)
    assert (rows @ fused).mean() >= (rows @ rows.T).mean() - 1e-5


def test_one_sample_is_its_own_template() -> None:
    row = unit(np.arange(1, 9, dtype=np.float32)[None])
    np.testing.assert_allclose(fuse(row), row[0], atol=1e-6)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((0, 8), np.float32),
        np.array([[1, 0], [-1, 0]], np.float32),
        np.full((2, 4), np.nan, np.float32),
        np.ones(8, np.float32),
    ],
)
def test_samples_without_a_common_direction_are_no_template(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="embedding"):
        fuse(rows)
