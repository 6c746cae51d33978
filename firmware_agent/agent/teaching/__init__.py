"""TEACH: record frames of a class, make a head of them, forget a class, say what is held.

Loaded when needed only (seldom.py), each part of the work one after the other.
"""

from agent import seldom

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.loop import Agent
    from tinyteach_protocol.responder import Request


def handle(agent: "Agent", request: "Request") -> memoryview:
    """Carry the request out; the answer's frame."""
    facts = (agent, request.action, request.label, request.source)
    classes = seldom.call("teaching.teach", "act", *facts)
    if classes:
        seldom.call("teaching.learning", "learn", agent.models, classes)
    return agent.responder.respond(request, **seldom.call("teaching.teach", "state", agent.models))
