"""TEACH: record frames of a class, make a head of them, forget a class, say what is held."""

from agent import seldom


def handle(agent, request):
    facts = (agent, request.action, request.label, request.source)
    classes = seldom.call("teach", "act", *facts)
    if classes:
        seldom.call("learning", "learn", agent.models, classes)
    return agent.responder.respond(request, **seldom.call("teach", "state", agent.models))
