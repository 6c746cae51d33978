"""STREAM: results or previews, one event a credit, until STOP."""


def handle(agent, request):
    agent.stream.begin(request.kind)
    agent.responder.open_stream(request.credits)
    return agent.responder.respond(request)
