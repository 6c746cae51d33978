"""One verb a handler: ``handle(agent, request)`` carries it out and returns the answer's frame."""

from agent import seldom
from agent.handlers import (
    abort,
    bye,
    commit,
    grab,
    hello,
    open,
    read,
    restart,
    rollback,
    run,
    stop,
    stream,
    threshold,
    write,
)
from agent.refused import Refused
from tinyteach_protocol import errors, messages

# Those that take much heap and are asked for seldom, with what they load.
SELDOM = {
    messages.INFO: ("facts", "kept", "handlers.info"),
    messages.TEACH: ("handlers.teach",),
}
NOT_IN_SAFE_MODE = (
    messages.GRAB,
    messages.RUN,
    messages.STREAM,
    messages.TEACH,
    messages.THRESHOLD,
)
HANDLERS = {
    messages.HELLO: hello.handle,
    messages.BYE: bye.handle,
    messages.RESTART: restart.handle,
    messages.GRAB: grab.handle,
    messages.READ: read.handle,
    messages.OPEN: open.handle,
    messages.WRITE: write.handle,
    messages.COMMIT: commit.handle,
    messages.ABORT: abort.handle,
    messages.RUN: run.handle,
    messages.ROLLBACK: rollback.handle,
    messages.THRESHOLD: threshold.handle,
    messages.STREAM: stream.handle,
    messages.STOP: stop.handle,
}


def handle(agent, request):
    """Carry a request out; its answer's frame."""
    if agent.safe_mode and request.type in NOT_IN_SAFE_MODE:
        raise Refused(errors.SAFE_MODE)
    names = SELDOM.get(request.type)
    if not names:
        return HANDLERS[request.type](agent, request)
    try:
        return seldom.use(*names).handle(agent, request)
    finally:
        seldom.forget(*names)
