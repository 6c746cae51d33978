"""What Vela makes of the embeddings with a head, for a Grove Vision AI V2's NPU.

    python bench/npu.py [--classes N] [--json]

Needs the extra `grove`. The heads are of demo objects and have as many operators as any with a
novelty; how well they recognise is no matter here. Times are Vela's estimates, not measured.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from paired import views_of
from tinyteach.cli.output import print_json, show_table
from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding
from tinyteach.embedding.view_names import STRETCHED
from tinyteach.service.heads.exporting import joined_model
from trained import quick_trainings, train_head

SIDE = 240  # of a module's frame
BITS_A_BYTE, BAUD = 10, 921_600
BLOCK_BYTES, BLOCK_ON_THE_LINE = 128, 134  # XMODEM's blocks, each with its answer
COLUMNS = ("embedding", "model", "compiled", "on the NPU", "arena", "estimate", "on the line")


def measured(name: str, classes: int) -> dict[str, float | int | str]:
    """One embedding with a head of so many classes."""
    things = DEMO_OBJECTS[:classes]
    squares = [v for thing in things for seed in (1, 2) for v in views_of(thing, 2, seed, SIDE)]
    labels = [thing for thing in things for _ in range(4)]
    embedding = load_embedding(EMBEDDING_FILES[name])
    with quick_trainings():
        head = train_head(squares, labels, labels, embedding, views=1, preprocessing=STRETCHED).head
    model = joined_model(embedding, head, "grove")
    compiled = model.compiled
    assert compiled
    blocks = -(-len(compiled.content) // BLOCK_BYTES)
    return {
        "embedding": name,
        "model_bytes": len(model.content),
        "compiled_bytes": len(compiled.content),
        "npu_operators": compiled.npu_operators,
        "cpu_operators": compiled.cpu_operators,
        "arena_bytes": compiled.arena_bytes,
        "estimated_ms": round(compiled.estimated_ms, 2),
        "line_s": round(blocks * BLOCK_ON_THE_LINE * BITS_A_BYTE / BAUD, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = [measured(name, asked.classes) for name in EMBEDDING_FILES]
    if asked.json:
        print_json(found)
        return
    rows = [
        (
            row["embedding"],
            f"{row['model_bytes']:,}",
            f"{row['compiled_bytes']:,}",
            "all" if not row["cpu_operators"] else f"all but {row['cpu_operators']}",
            f"{int(row['arena_bytes']) >> 10} KB",
            f"{row['estimated_ms']:.1f} ms",
            f"{row['line_s']:.1f} s",
        )
        for row in found
    ]
    show_table(f"{asked.classes} classes and unknown", COLUMNS, rows)


if __name__ == "__main__":
    main()
