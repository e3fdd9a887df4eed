"""What several measures are tested with."""

import pytest

from isogloss.measures.edits.compute import Editor


@pytest.fixture
def cut_off(monkeypatch):
    """Run edits and stop them as by a kill after so many; give the list that later edits are counted in."""
    edit, made = Editor.edit, []

    def counting(*given):
        made.append(1)
        return edit(*given)

    def cut(edits, run):
        def until_it_is_killed(*given):
            if len(made) == edits:
                raise KeyboardInterrupt
            return counting(*given)

        monkeypatch.setattr(Editor, "edit", until_it_is_killed)
        with pytest.raises(KeyboardInterrupt):
            run()
        monkeypatch.setattr(Editor, "edit", counting)
        made.clear()
        return made

    return cut
