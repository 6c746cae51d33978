"""What tests of paired boards share: views of objects, small heads, a client's short ways."""

import itertools
import threading
from functools import lru_cache
from hashlib import sha256

from patience import PATIENCE_S
from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import EMBEDDING_FILE, load_embedding
from tinyteach.errors import LinkError
from tinyteach_protocol import messages
from trained import train_head

SIDE = 120  # larger than what the embedding takes, and soon sent
EVENTS = 8  # some pieces of two previews


def views_of(name, count, seed=1, side=SIDE):
    """Squares (uint8 [side, side, 3]) that a hand-held camera sees of a demo object."""
    return [view.copy() for view in _drawn(name, count, seed, side)]


@lru_cache(maxsize=256)
def _drawn(name, count, seed, side):
    camera = HandheldCamera(demo_object(name), seed=seed, width=side, height=side)
    return [camera.next_view() for _ in range(count)]


def halves_of_views(count, side=SIDE):
    """``count`` views of each of two objects to train on, and as many to test with."""
    views = {name: views_of(name, 2 * count, side=side) for name in ("cat", "coffee")}
    return {name: own[::2] for name, own in views.items()}, {
        n: own[1::2] for n, own in views.items()
    }


def make_head(*names, photos=6, embedding=None):
    """A head trained on a few views of each object."""
    views = [(name, view) for name in names for view in views_of(name, photos)]
    labels, squares = zip(*views, strict=True)
    bursts = [str(number) for number in range(len(squares))]
    return train_head(squares, labels, bursts, embedding or load_embedding()).head


def other_embedding() -> bytes:
    """The shipped embedding with every tenth weight of its largest tensor gone."""
    content = EMBEDDING_FILE.read_bytes()
    model = schema_module().ModelT.InitFromPackedBuf(content, 0)
    weights = max((bytes(b.data) for b in model.buffers if b.data is not None), key=len)
    thinned = bytes(0 if n % 10 == 0 else weight for n, weight in enumerate(weights))
    return content.replace(weights, thinned)


def without_examples(head):
    """The head's file as an earlier version wrote it: none of its classes' examples."""
    content = head.content.replace(b"TINYTEACH_EXAMPLES", b"ANOTHER_ENTRY_NAME")
    seal = b"sha256:" + b"0" * 64
    content = content[: -len(seal)]
    return content + b"sha256:" + sha256(content).hexdigest().encode()


def deploy(client, head):
    """Send a head and put it to work; COMMIT's answer."""
    client.upload(messages.HEAD, head.content)
    return client.commit()


def deploy_after(client, before, head):
    """A head at work after another, which lies in the slot that the next one goes to."""
    info = client.info()
    if (info.head, info.previous_head) != (head.fingerprint, before.fingerprint):
        deploy(client, before)
        deploy(client, head)


def teach(client, label, views, afresh=False):
    """Teach views (uint8 squares) as one class; LEARN's answer."""
    client.teach(messages.TEACH_AFRESH if afresh else messages.TEACH_BEGIN, label)
    for view in views:
        client.send_image(view.tobytes(), view.shape[0], messages.RGB888)
        client.teach(messages.TEACH_FRAME, source=messages.SOURCE_IMAGE)
    return client.teach(messages.TEACH_LEARN)


def teach_all(client, frames=10):
    """Three classes taught on the board, from nothing, each by one view so many times."""
    for number, name in enumerate(("cat", "coffee", "rocket")):
        client.teach(messages.TEACH_AFRESH if number == 0 else messages.TEACH_BEGIN, name)
        (view,) = views_of(name, 1, side=96)
        client.send_image(view.tobytes(), 96, messages.RGB888)
        for _ in range(frames):
            client.teach(messages.TEACH_FRAME, source=messages.SOURCE_IMAGE)
        client.teach(messages.TEACH_LEARN)


def scores_of(client, square):
    """The board's scores of a photograph that is sent to it."""
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    return client.run(messages.SOURCE_IMAGE).scores


def do_all(client, head):
    """Deploy, take, stream, run: what a day brings."""
    deploy(client, head)
    client.grab()
    client.grab(messages.GRAB_MODEL)
    client.run(messages.SOURCE_CAMERA)
    scores_of(client, views_of("cat", 1, side=241)[0])
    for kind in (messages.STREAM_RESULTS, messages.STREAM_PREVIEW):
        events = client.stream(kind)
        list(itertools.islice(events, EVENTS))
        events.close()


def until_power_is_lost(board, action):
    """``action(session)``; the cable goes when the power does, so that nobody waits.

    Again and again: on a busy machine the power may be lost before the session begins, by what an
    agent writes as it starts. Whether it completed.
    """
    done = threading.Event()

    def pull():
        while not done.wait(0.002 if board.powered else 0.1):
            if not board.powered:
                board.drop_link()

    watcher = threading.Thread(target=pull)
    watcher.start()
    try:
        with BoardClient(board.port, hello_tries=PATIENCE_S) as session:  # one a second
            action(session)
    except LinkError:
        return False
    finally:
        done.set()
        watcher.join()
    return board.powered
