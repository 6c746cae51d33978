"""ROLLBACK: put the previous head back to work."""


def handle(agent, request):
    fingerprint, labels = agent.mend(agent.models.rollback)
    return agent.responder.respond(request, fingerprint=fingerprint, labels=labels)
