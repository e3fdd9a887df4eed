"""The whole config: the rooms' settings put together."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from isogloss.concepts.settings import Concepts
from isogloss.measures.board_probe.settings import BoardProbe
from isogloss.measures.calign.settings import ConceptAlignment
from isogloss.measures.colap.settings import ConceptOverlap
from isogloss.measures.controls.settings import Controls
from isogloss.measures.crossed.settings import Crossed
from isogloss.measures.edits.settings import Edits
from isogloss.measures.probes.settings import Probes
from isogloss.measures.space_similarity.settings import SpaceSimilarity
from isogloss.measures.sweep.settings import Sweep
from isogloss.measures.word_retrieval.settings import WordRetrieval
from isogloss.models.settings import Model
from isogloss.relations.settings import Impact
from isogloss.section import Count, Name, Section
from isogloss.states.settings import Activations
from isogloss.tasks.settings import Task
from isogloss.text.settings import Selection
from isogloss.text.sources import AnyCorpus


class Compute(Section):
    """What a job may use, and what is not kept."""

    threads: Count = Field(
        1,
        description="Threads of a training, an extraction or a clustering. Part of the result's last digits.",
    )
    delete_used: list[Literal["checkpoints", "sentence_vectors"]] = Field(
        [],
        description="What of fine-tunings is deleted once the last job that reads it has ended: `checkpoints`, "
        "`sentence_vectors` of test items. A measure that is added later tunes again.",
    )


class Config(Section):
    """Everything that a run depends on."""

    title: str = Field("Isogloss", description="The report's title.")
    results: Annotated[str, AfterValidator(lambda value: value.rstrip("/") or "/")] = Field(
        "results", min_length=1, description="Where results go: a folder of their own."
    )
    corpora: dict[Name, AnyCorpus] = Field(
        {}, description="Parallel text, by name; none where shared concepts are not asked for."
    )
    models: dict[Name, Model] = Field(min_length=1, description="Models, by name.")
    selection: Selection = Field(Selection(), description="Which words are used.")
    activations: Activations = Field(Activations(), description="How hidden states are extracted.")
    concepts: Concepts = Field(Concepts(), description="How they become concepts.")
    concept_alignment: ConceptAlignment = Field(ConceptAlignment(), description="CALIGN.")
    concept_overlap: ConceptOverlap = Field(ConceptOverlap(), description="COLAP.")
    sweep: Sweep | None = Field(None, description="CALIGN and COLAP for other thresholds, N and K.")
    word_retrieval: WordRetrieval | None = Field(
        None, description="Weak and strong alignment of words in context; `{}` measures it with the defaults below."
    )
    space_similarity: SpaceSimilarity | None = Field(
        None, description="Similarity of the languages' spaces; `{}` measures it with the defaults below."
    )
    probes: Probes | None = Field(
        None, description="Linear probes across languages; `{}` measures them with the defaults below."
    )
    crossed: Crossed | None = Field(
        None, description="Two texts in two languages; `{}` measures them with the defaults below."
    )
    controls: Controls | None = Field(
        None, description="Test items that lack something; `{}` measures them with the defaults below."
    )
    edits: Edits | None = Field(
        None, description="Edits of single items or facts; `{}` makes them with the defaults below."
    )
    board_probe: BoardProbe | None = Field(
        None, description="Probes for the board of Othello; `{}` measures them with the defaults below."
    )
    tasks: dict[Name, Task] = Field({}, description="Tasks to fine-tune on, by name.")
    impact: Impact = Field(Impact(), description="Impact, transfer and distance.")
    compute: Compute = Field(Compute(), description="What a job may use, and what is not kept.")

    def controls_of(self, task: str, source: str) -> list[str]:
        """List what is tuned beside a task's checkpoint on items that lack something: nothing if it is not compared."""
        section, own = self.controls, self.tasks[task].controls
        compared = not section or source in (section.sources or [source]) or task not in (section.tasks or self.tasks)
        return list(own) if compared else []
