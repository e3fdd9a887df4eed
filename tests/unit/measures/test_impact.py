import numpy as np
import pytest

from isogloss.measures.impact.compute import measure


@pytest.mark.parametrize(("items", "blocks"), [(12, 0), (39, 0), (40, 20), (200, 20)])
def test_few_items_have_no_blocks_as_in_every_measure(items, blocks):
    """Of one number the scores, the spaces and the impact of a course are compared together."""
    base, moved = np.random.default_rng(0).normal(size=(2, items, 6))
    found = measure(base, base + moved)
    assert len(found["replicates"]) == 1 + blocks
    assert found["replicates"][0] == pytest.approx(found["impact"])
    assert np.isfinite(found["replicates"]).all()
    assert len(measure(base, base)["replicates"]) == 1 + blocks
