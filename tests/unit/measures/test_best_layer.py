import numpy as np
import pandas as pd
import pytest

from isogloss.measures.best_layer.compute import score


def cell(folder, number, target, layer, measure, numerator, draws):
    """One cell's files: the score of 20 concepts, and its draws."""
    table = pd.DataFrame(
        {
            "corpus": "c",
            "source": "en",
            "target": target,
            "kind": "encoder-encoder",
            "layer": layer,
            "measure": [measure, f"{measure}_of_something_else"],
            "value": [numerator / 20, 1],
            "numerator": [numerator, 20],
            "denominator": 20,
        }
    )
    table.to_csv(folder / f"{number}.csv", index=False)
    pd.DataFrame({measure: draws}).to_parquet(folder / f"{number}.parquet")
    return folder / f"{number}.csv", folder / f"{number}.parquet"


def test_each_pair_is_tested_once_by_its_best_layer(tmp_path):
    rng = np.random.default_rng(0)
    nothing = rng.poisson(3, (3, 199))
    cells = [
        # Layer 2 stands out, though the share is higher in layer 10.
        cell(tmp_path, 0, "de", 10, "aligned", 15, rng.poisson(15, 199)),
        cell(tmp_path, 1, "de", 2, "aligned", 9, rng.poisson(1, 199)),
        cell(tmp_path, 2, "fr", 2, "aligned", 3, nothing[0]),
        cell(tmp_path, 3, "fr", 10, "aligned", 3, nothing[1]),
        cell(tmp_path, 4, "de", 2, "overlapping_translated", 20, np.full(199, 20)),
    ]
    scores, draws = zip(*cells, strict=True)
    score(scores=scores, draws=draws, output=tmp_path / "out.csv", identity={"model": "m", "checkpoint": "pretrained"})
    table = pd.read_csv(tmp_path / "out.csv")
    assert table.model.eq("m").all()
    assert list(zip(table.measure, table.target, strict=True)) == [
        ("aligned", "de"),
        ("overlapping_translated", "de"),
        ("aligned", "fr"),
    ]
    found, saturated, fr = table.to_dict("records")
    assert (found["layer"], found["layers"], found["value"]) == (2, 2, 0.45)
    assert found["null_p"] == pytest.approx(1 / 200)
    # Over the two pairs of CALIGN.
    assert found["adjusted_p"] == pytest.approx(2 / 200)
    assert saturated["null_p"] == saturated["adjusted_p"] == 1
    assert fr["null_p"] > 0.3
