"""What a long run shows of its progress."""

import io

from rich.console import Console

from tinyteach.embedding.recipe.progress import show_progress


def test_progress_without_a_terminal_is_a_line_now_and_then():
    console = Console(file=io.StringIO(), width=80)
    with show_progress(console) as progress:
        for done in range(11):
            progress("Epoch 1", done, 10)
    assert console.file.getvalue().split("\n") == ["Epoch 1, 0/10", "Epoch 1, 10/10", ""]


def test_progress_on_a_terminal_is_a_bar():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with show_progress(console) as progress:
        progress("Epoch 1", 10, 10)
    assert "Epoch 1" in console.file.getvalue() and "10/10" in console.file.getvalue()
