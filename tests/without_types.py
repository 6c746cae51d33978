"""A module's text as it was before anyone wrote types into it."""

import ast
from collections.abc import Iterator


def without_types(source: str) -> str:
    """Without annotations and what stands under ``if 0:``, all else being where it was."""
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    text = source.encode()
    for first, last, new in sorted(_cuts(ast.parse(source), starts, text), reverse=True):
        text = text[:first] + new + text[last:]
    return text.decode()


def _cuts(tree: ast.Module, starts: list[int], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """From where to where something is cut out, and what takes its place."""

    def start(node: ast.AST) -> int:
        return starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def end(node: ast.AST) -> int:
        return starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    for node in _walk(tree):
        if isinstance(node, ast.arg) and node.annotation:
            yield start(node) + len(node.arg.encode()), end(node.annotation), b""
        elif isinstance(node, ast.FunctionDef) and node.returns:
            yield text.rindex(b"->", 0, start(node.returns)), end(node.returns), b""
        elif isinstance(node, ast.AnnAssign) and node.value:
            yield end(node.target), end(node.annotation), b""
        elif isinstance(node, ast.AnnAssign) or _is_for_type_checkers(node):
            yield start(node), end(node), b"pass"


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """As ast.walk, but not into what is cut out whole."""
    yield node
    if not _is_for_type_checkers(node):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and node.test.value == 0
