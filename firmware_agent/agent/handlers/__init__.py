"""One verb a handler: ``handle(agent, request)`` carries it out and returns the answer's frame."""

from agent.handlers import (
    abort,
    bye,
    commit,
    grab,
    hello,
    info,
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
from tinyteach_protocol import messages

HANDLERS = {
    messages.HELLO: hello.handle,
    messages.BYE: bye.handle,
    messages.INFO: info.handle,
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
