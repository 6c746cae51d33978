"""STOP: end the stream."""


def handle(agent, request):
    return agent.responder.respond(request, events=agent.responder.close_stream())
