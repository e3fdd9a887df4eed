import json

import pytest

from isogloss.states.kept import kept, note_kept, note_of

DRAW = {"seed": 0, "most": 500}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        # Less than the store holds, or as much: what it holds.
        (([0], DRAW), ([0, 2, 4], DRAW)),
        (([0, 2, 4], None), ([0, 2, 4], DRAW)),
        (([0, 2, 4], {"seed": 0, "most": 90}), ([0, 2, 4], DRAW)),
        # More, or other sentences: what is wanted.
        (([0, 1], None), ([0, 1], DRAW)),
        (([0, 2], {"seed": 1, "most": 90}), ([0, 2, 4], {"seed": 1, "most": 90})),
        (([0, 2], {"seed": 0, "most": 900}), ([0, 2, 4], {"seed": 0, "most": 900})),
    ],
)
def test_a_store_is_asked_for_what_it_holds_where_that_is_enough(tmp_path, wanted, asked):
    note_kept(tmp_path / "x.h5", [0, 2, 4], DRAW)
    layers, draw = wanted
    assert kept(tmp_path / "x.h5", layers, 4, draw) == asked


def test_a_store_without_drawn_sentences_is_made_again_for_them(tmp_path):
    note_kept(tmp_path / "x.h5", [0, 2], None)
    assert kept(tmp_path / "x.h5", [0], 4, None) == ([0, 2], None)
    assert kept(tmp_path / "x.h5", [0], 4, DRAW) == ([0, 2], DRAW)


@pytest.mark.parametrize("note", [None, "", "[0, 1]", json.dumps({"layers": [0, 9], "draw": None}), "{}"])
def test_a_note_that_does_not_fit_counts_for_nothing(tmp_path, note):
    if note is not None:
        note_of(tmp_path / "x.h5").write_text(note)
    assert kept(tmp_path / "x.h5", [0], 4, DRAW) == ([0], DRAW)
