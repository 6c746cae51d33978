"""BYE: the host leaves; the session has already gone back to listening."""


def handle(agent, request):
    return agent.responder.respond(request)
