"""What code a result depends on: edits of a small package, and which of them count."""

import os
import shutil

import pytest

from isogloss.plan import identity as module

FILES = {
    "__init__.py": '"""Package."""\n',
    "files.py": "def write(x):\n    return x\n\n\ndef helper():\n    return 1\n",
    "errors.py": "class IsoglossError(Exception):\n    pass\n",
    "a.py": (
        '"""Doc."""\nimport logging\n\nfrom isogloss import b\nfrom isogloss.errors import IsoglossError\n'
        "from isogloss.files import write\n\nlog = logging.getLogger(__name__)\nLIMIT = 3\nUNUSED = 4\n\n\n"
        "def f(x: int) -> int:\n    if x > LIMIT:\n        raise IsoglossError(f'too large: {told(x)}')\n"
        "    log.info('working')\n    return write(b.g(x))\n\n\ndef told(x):\n    return str(x)\n\n\n"
        "def table(x):\n    return x\n"
    ),
    "b.py": "from pathlib import Path\n\nDATA = Path(__file__).with_name('words.csv')\n\n\n"
    "def g(x):\n    return x + len(DATA.read_text())\n\n\ndef other():\n    return 0\n",
    "words.csv": "a,b\n",
    "made.py": "try:\n    import json as quick\nexcept ImportError:\n    quick = None\n",
    "pages/__init__.py": "",
    "pages/style.css": "a {}\n",
    "running/__init__.py": "",
    "running/step.py": "def run(job):\n    return job\n",
}
CACHED = ("fixed_part", "reached", "own_digest", "nodes", "data_files", "references", "source", "read")


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Write the package with an edit of one file; give a step's identity."""
    root = tmp_path / "workflow"
    monkeypatch.setattr(module, "PACKAGE", root / "isogloss")
    monkeypatch.setattr(module, "SCRIPT", root / "scripts" / "step.py")

    def clear():
        module.REMEMBERED.clear()
        for name in CACHED:
            getattr(module, name).cache_clear()

    def made(edits=(), script="run(snakemake)\n", step="isogloss.a:f"):
        shutil.rmtree(root, ignore_errors=True)
        (root / "scripts").mkdir(parents=True)
        (root / "scripts" / "step.py").write_text(script)
        for name, text in FILES.items():
            for file, before, after in edits:
                if file == name:
                    assert before in text
                    text = text.replace(before, after)
            (root / "isogloss" / name).parent.mkdir(exist_ok=True)
            (root / "isogloss" / name).write_text(text)
        clear()
        return module.identity(step)

    yield made
    clear()


@pytest.mark.parametrize(
    "edit",
    [
        ("a.py", '"""Doc."""', '"""Other."""\n# a note'),
        ("a.py", "x: int", "x: float"),
        ("a.py", "too large", "much too large"),
        ("a.py", "return str(x)", "return repr(x)"),  # only the error's text comes from it
        ("a.py", "'working'", "'still working'"),
        ("a.py", "UNUSED = 4", "UNUSED = 5"),
        ("a.py", "def table(x):\n    return x", "def table(x):\n    return x + 1"),
        ("files.py", "return 1", "return 2"),
        ("errors.py", "    pass", "    pass\n\n\nclass Another(Exception):\n    pass"),
        ("b.py", "return 0", "return 1"),
    ],
    ids=lambda edit: edit[2][:24],
)
def test_an_edit_that_changes_no_result_changes_nothing(digest, edit):
    assert digest([edit]) == digest()


@pytest.mark.parametrize(
    "edit",
    [
        ("a.py", "LIMIT = 3", "LIMIT = 4"),
        ("a.py", "x > LIMIT", "x >= LIMIT"),
        ("a.py", "write(b.g(x))", "write(b.g(x) + 1)"),
        ("b.py", "x + len", "x - len"),
        ("b.py", "words.csv", "more.csv"),
        ("files.py", "    return x\n", "    return -x\n"),
        ("words.csv", "a,b", "a,c"),
        ("running/step.py", "return job", "return None"),
    ],
    ids=lambda edit: edit[2][:24],
)
def test_an_edit_of_what_is_reached_changes_the_identity(digest, edit):
    assert digest([edit]) != digest()


def test_the_script_counts(digest):
    assert digest(script="snakemake.params.spec['layer'] = 0\nrun(snakemake)\n") != digest()
    assert digest(script="# a note\nrun(snakemake)\n") == digest()


def test_a_module_that_is_handed_around_counts_whole(digest):
    handed = ("a.py", "write(b.g(x))", "write(getattr(b, 'g')(x))")
    assert digest([handed, ("b.py", "return 0", "return 1")]) != digest([handed])


def test_a_definition_named_by_text_is_followed(digest):
    named = ("a.py", "UNUSED = 4", "UNUSED = 4\nLIST = ['isogloss.files:helper']")
    uses = ("a.py", "x > LIMIT", "x > LIMIT + len(LIST)")
    assert digest([named, uses, ("files.py", "return 1", "return 2")]) != digest([named, uses])


def test_a_name_that_is_made_within_a_condition_counts_with_its_module(digest):
    takes = ("a.py", "from isogloss import b\n", "from isogloss import b\nfrom isogloss.made import quick\n")
    uses = ("a.py", "x > LIMIT", "quick and x > LIMIT")
    assert digest([takes, uses, ("made.py", "quick = None", "quick = 1")]) != digest([takes, uses])
    assert digest([("made.py", "quick = None", "quick = 1")]) == digest()


def test_data_of_a_package_that_is_named_by_text_counts(digest):
    restyled = ("pages/style.css", "a {}", "b {}")
    named = ("a.py", "return write(b.g(x))", "return write(files('isogloss.pages'))")
    assert digest([named, restyled]) != digest([named])
    without = ("a.py", "return write(b.g(x))", "return write(x)")
    assert digest([without, restyled]) == digest([without])


def test_a_list_that_is_called_log_is_no_log(digest):
    kept = ("a.py", "    return write(b.g(x))", "    log.append(x)\n    return write(b.g(x))")
    dropped = ("a.py", "    return write(b.g(x))", "    log.append(-x)\n    return write(b.g(x))")
    assert digest([kept]) != digest([dropped])


def test_an_edit_of_the_report_s_style_makes_the_report_again():
    folders = {
        folder.name
        for place in module.reached("isogloss.report.page:write_report")
        for folder in module.data_folders(*place)
    }
    assert "report" in folders


def test_a_step_that_is_not_there_is_named(digest):
    with pytest.raises(KeyError, match=r"isogloss\.a:nothing"):
        digest(step="isogloss.a:nothing")


def test_a_figure_does_not_hang_on_training():
    assert not any(name == "isogloss.models.train" for name, _ in module.reached("isogloss.states.extract:extract"))
    assert ("isogloss.files", "published") in module.reached("isogloss.concepts.cluster:cluster")


def test_what_was_found_is_remembered_until_a_file_changes(digest, tmp_path, monkeypatch):
    registered = []
    monkeypatch.setattr(module.atexit, "register", lambda *call: registered.append(call))
    memory = tmp_path / ".snakemake" / "code.json"

    def end():
        for function, *given in registered:
            function(*given)
        registered.clear()

    found = digest()
    module.REMEMBERED.clear()
    module.remember(memory)
    assert module.identity("isogloss.a:f") == found
    end()
    module.REMEMBERED.clear()
    module.remember(memory)
    with monkeypatch.context() as patched:
        patched.setattr(module, "reached", None)  # nothing is read again
        assert module.identity("isogloss.a:f") == found
    for spoilt in ('{"stamp"', "[]", "{}"):
        memory.write_text(spoilt)
        module.REMEMBERED.clear()
        module.remember(memory)
        assert not module.REMEMBERED


def test_an_edit_of_the_same_size_and_time_is_not_taken_for_what_is_remembered(digest, tmp_path):
    digest()
    path = module.PACKAGE / "a.py"
    before, about = module.code_stamp(), path.stat()
    path.write_text(path.read_text().replace("LIMIT = 3", "LIMIT = 4"))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert path.stat().st_size == about.st_size
    assert module.code_stamp() != before
