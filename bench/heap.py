"""What the agent takes of a 32-bit board's heap: what stays, and the most in use, in bytes.

``make bench`` or ``python bench/heap.py``, on a virtual board of its own. What stays is measured by
loading it, names included; the peaks are those that the board tells after a session that does
everything, and after one that teaches on the board as well.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from tinyteach.cli.output import print_json, show_table
from tinyteach.data.drawing import DEMO_OBJECTS, demo_object
from tinyteach.device.repl.pairing import Wanted, pair_for_now
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILE, load_embedding
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.train import train_source
from tinyteach.virtual.board import VirtualBoard
from tinyteach_protocol import messages

SIDE = 96
PHOTOS = 6
EVENTS = 20

# In the raw REPL, where nothing of ours has been loaded yet.
STAYS = """
import gc, json, sys
sys.path.append('/lib')
def load():
    gc.collect()
    before = gc.mem_alloc()
    from agent import load_order, seldom
    seldom.load(load_order.FIRST + load_order.MODULES)
    del sys.modules['agent.load_order']
    sys.modules['agent'].__dict__.pop('load_order', None)
    gc.collect()
    return gc.mem_alloc() - before
print(json.dumps(load()))
"""


def squares_of(name: str) -> list[np.ndarray]:
    """uint8 [SIDE, SIDE, 3] pictures of a demo object, each a little darker."""
    whole = demo_object(name)
    step = whole.shape[0] // SIDE
    picture = whole[: step * SIDE : step, : step * SIDE : step]
    return [np.ascontiguousarray(picture // 8 * (8 - n)) for n in range(PHOTOS)]


def measure() -> dict[str, int]:
    """Bytes by what was done before."""
    squares = {name: squares_of(name) for name in DEMO_OBJECTS[:3]}
    heads = [_head(dict(list(squares.items())[:count])) for count in (2, 3)]
    with tempfile.TemporaryDirectory() as folder, VirtualBoard("i386", Path(folder) / "f") as board:
        pair_for_now(board.port, Wanted(EMBEDDING_FILE.read_bytes()), lambda *_: None)
        with raw_repl(board.port) as repl:
            found = {"loaded to stay": int(repl.evaluate(STAYS))}
            repl.reset()
        with BoardClient(board.port) as client:
            info = client.info()
            found["in use, nothing done"] = info.heap_total - info.heap_free
            for head in heads * 2:
                _do_all(client, head, squares)
            found["most, after all"] = client.info().heap_peak
            _teach(client, squares)
            found["most, after teaching too"] = client.info().heap_peak
    return found


def _head(squares: dict[str, list[np.ndarray]]) -> bytes:
    labels = [name for name, views in squares.items() for _ in views]
    pictures = [view for views in squares.values() for view in views]
    bursts = [str(number) for number in range(len(pictures))]
    embedding = load_embedding()
    source = SquaresInMemory(pictures, PhotoEmbedder(embedding))
    return train_source(source, labels, bursts, embedding).head.content


def _do_all(client: BoardClient, head: bytes, squares: dict[str, list[np.ndarray]]) -> None:
    client.upload(messages.HEAD, head)
    client.commit()
    client.grab()
    client.grab(messages.GRAB_MODEL)
    client.run(messages.SOURCE_CAMERA)
    for kind in (messages.STREAM_RESULTS, messages.STREAM_PREVIEW):
        events = client.stream(kind)
        for _ in range(EVENTS):
            next(events)
        events.close()
    if client.info().previous_head:
        client.rollback()


def _teach(client: BoardClient, squares: dict[str, list[np.ndarray]]) -> None:
    for number, (name, views) in enumerate(squares.items()):
        client.teach(messages.TEACH_BEGIN if number else messages.TEACH_AFRESH, name)
        for view in views:
            client.send_image(view.tobytes(), SIDE, messages.RGB888)
            client.teach(messages.TEACH_FRAME, source=messages.SOURCE_IMAGE)
        client.teach(messages.TEACH_LEARN)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args()
    found = measure()
    if options.json:
        print_json(found)
    else:
        show_table("", ("heap on 32 bits", "bytes"), [(k, f"{v:,}") for k, v in found.items()])


if __name__ == "__main__":
    main()
