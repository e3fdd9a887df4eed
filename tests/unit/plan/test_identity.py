import pytest

from isogloss.plan import identity as module


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "isogloss"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text('"""Doc."""\nfrom isogloss import b\n\ndef f(x):\n    return b.g(x)\n')
    (folder / "b.py").write_text("def g(x):\n    return x + 1\n")
    (folder / "c.py").write_text("y = 1\n")
    monkeypatch.setattr(module, "PACKAGE", folder)

    def digest(name):
        for function in (module.digest, module.closure, module.tree, module.imports, module.own_digest):
            function.cache_clear()
        return module.digest(name)

    yield folder, digest
    for function in (module.digest, module.closure, module.tree, module.imports, module.own_digest):
        function.cache_clear()


def test_comments_docstrings_and_formatting_change_nothing(package):
    folder, digest = package
    before = digest("isogloss.a")
    (folder / "a.py").write_text(
        '"""Other."""\n# note\nfrom isogloss import b\ndef f( x ):\n    """Doc."""\n    return b.g(x)\n'
    )
    assert digest("isogloss.a") == before


def test_code_of_an_import_changes_the_digest(package):
    folder, digest = package
    before = digest("isogloss.a")
    (folder / "b.py").write_text("def g(x):\n    return x + 2\n")
    assert digest("isogloss.a") != before


def test_code_of_others_changes_nothing(package):
    folder, digest = package
    before = digest("isogloss.a")
    (folder / "c.py").write_text("y = 2\n")
    assert digest("isogloss.a") == before


def test_a_figure_does_not_hang_on_training():
    assert "isogloss.models.train" not in module.closure("isogloss.report.figures.draw")
    assert "isogloss.report.figures.draw" not in module.closure("isogloss.states.extract")
    assert "isogloss.files" in module.closure("isogloss.concepts.cluster")
