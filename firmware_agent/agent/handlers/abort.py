"""ABORT: forget the upload in hand."""


def handle(agent, request):
    agent.models.abort_upload()
    agent.image.abandon()
    return agent.responder.respond(request)
