"""The model, embedding and head in one, as files for other runtimes."""

import os
from dataclasses import dataclass
from pathlib import Path

from tinyteach.data.project import Project
from tinyteach.embedding import agent_code
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.stretched import input_side
from tinyteach.embedding.view_names import STRETCHED
from tinyteach.errors import ModelError, UsageError
from tinyteach.files import write_folder
from tinyteach.head.export.package import Files, Model, files_for
from tinyteach.head.export.runtimes import GROVE, LITERT, RUNTIMES
from tinyteach.head.format.head_file import Head, load_head_file
from tinyteach.head.format.joined import join
from tinyteach.head.format.metadata import file_labels
from tinyteach.head.npu.compiling import Compiled, compile_model, missing_compiler
from tinyteach.results import JsonResult
from tinyteach.service.heads.head_list import chosen_head
from tinyteach.service.heads.recognition import SCORE_STEPS
from tinyteach.service.projects.chosen_head import is_file_name, no_head_file
from tinyteach.service.projects.embeddings import described, find_embedding, load_named, name_of
from tinyteach.service.projects.opening import open_project, project_meant
from tinyteach.service.words.values import check_runtime

_SEEN_OTHERWISE = (
    "The head was not trained on a Grove Vision AI V2's views; 'tinyteach train --view stretched' "
    "makes one that was."
)


@dataclass(frozen=True)
class Exported(JsonResult):
    """What was written. ``fingerprint`` is the SHA-256 of model.tflite, in hex digits.

    Of a model for the NPU there are its memory and Vela's estimate, else None.
    """

    runtime: str
    folder: str
    files: list[str]  # in it, with slashes
    labels: list[str]  # one a score; "unknown" is last where the head has it
    threshold: float  # probability below which the best class is unknown
    model_bytes: int
    fingerprint: str
    arena_bytes: int | None
    estimated_ms: float | None
    notes: list[str]

    def lines(self) -> list[str]:
        """For a person."""
        first = f"Wrote the model for {self.runtime} to {self.folder}: {', '.join(self.files)}."
        return [*self.notes, first, f"How it is used: {Path(self.folder, 'README.md')}"]


def export_model(
    folder: Path | None, runtime: str, target: Path | None = None, named: str | None = None
) -> Exported:
    """Write the model of a project for ``runtime``, one of `RUNTIMES`, into a new folder.

    ``named`` is a head's file or the first digits of one in the project's history, by default the
    project's. A head's file needs no project where its embedding ships. UsageError where the folder
    is there, or there is no such runtime; ModelError where the two do not fit, or cannot run there.
    """
    check_runtime(runtime)
    target = Path(f"model-{runtime}") if target is None else target
    _check_free(target)
    embedding, head = _pair(folder, named)
    joined = joined_model(embedding, head, runtime)
    files = files_for(runtime, joined)
    write_folder(target, files)
    return _told(runtime, target, files, joined, head)


def missing_for() -> dict[str, str]:
    """What is to be installed first, as a sentence by runtime; "" where nothing is missing."""
    return {runtime: missing_compiler() if runtime == GROVE else "" for runtime in RUNTIMES}


def joined_model(embedding: Embedding, head: Head, runtime: str = LITERT) -> Model:
    """Embedding and head as one model for ``runtime``, compiled where that is a module's.

    Raises MissingToolError where Vela is wanted and not installed, ModelError where the two do not
    fit or the module could not run them.
    """
    factor = input_side(embedding.side) // embedding.side if runtime == GROVE else 1
    content = join(embedding, head, factor * embedding.side)
    alone = content if factor == 1 else join(embedding, head)
    return Model(
        content,
        file_labels(head),
        len(head.labels),
        head.threshold,
        factor * embedding.side,
        agent_code.operators_of(content),
        int(agent_code.load_embedding(alone).arena_bytes),
        input_side(embedding.side) // embedding.side if head.preprocessing == STRETCHED else 1,
        head.preprocessing == STRETCHED,
        compile_model(content) if runtime == GROVE else None,
        join(embedding, head, unsigned=True) if runtime == LITERT else b"",
    )


def model_for_module(embedding: Embedding, head: Head) -> tuple[bytes, Compiled, tuple[str, ...]]:
    """The joined model, what a module is given of it, and a name for each score.

    Raises as `joined_model`.
    """
    model = joined_model(embedding, head, GROVE)
    assert model.compiled is not None
    return model.content, model.compiled, model.outputs


def _pair(folder: Path | None, named: str | None) -> tuple[Embedding, Head]:
    if named is None or not is_file_name(named):
        project = open_project(folder or Path())
        head = chosen_head(project, named)
        return embedding_of(head, project), head
    try:
        head = load_head_file(Path(named))
    except FileNotFoundError as error:
        raise no_head_file(named) from error
    return embedding_of(head, project_meant(folder)), head


def embedding_of(head: Head, project: Project | None) -> Embedding:
    """The one that a head was trained with; ModelError where it is not to be had here."""
    wanted = head.embedding_fingerprint
    if project is not None:
        found = find_embedding(project, wanted)
    else:
        name = name_of(wanted)
        found = load_named(name) if name else None
    if found is None:
        raise ModelError(
            f"The head was trained with the embedding {described(wanted)}, which neither ships nor "
            "is the project's; name the project that it was trained in with --project."
        )
    return found


def _check_free(target: Path) -> None:
    if not os.path.lexists(target):
        return
    if not (target.is_dir() and not any(target.iterdir())):
        raise UsageError(f"{target} is there already; name another folder or move it away.")


def _told(runtime: str, target: Path, files: Files, model: Model, head: Head) -> Exported:
    compiled: Compiled | None = model.compiled
    return Exported(
        runtime,
        str(target),
        list(files),
        list(model.outputs),
        round(head.threshold / SCORE_STEPS, 4),
        len(model.content),
        model.fingerprint.hex(),
        compiled.arena_bytes if compiled else None,
        round(compiled.estimated_ms, 3) if compiled else None,
        [_SEEN_OTHERWISE] if runtime == GROVE and not model.is_stretched else [],
    )
