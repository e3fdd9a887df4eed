"""Kinds of task, one module each, and their list; to add one, see docs/extend/task-kind.md.

The list is read whenever the Snakefile is, so a module imports what is heavy where it is needed. A kind called
``a-name`` is the class ``Kind`` of the module ``a_name``.
"""

from isogloss.tasks.kinds import sequence_classification, token_classification, translation
from isogloss.tasks.kinds.kind import TaskKind

KINDS: list[type[TaskKind]] = [
    sequence_classification.Kind,
    token_classification.Kind,
    translation.Kind,
]
BY_NAME = {kind.name: kind for kind in KINDS}
