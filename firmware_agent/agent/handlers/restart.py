"""RESTART: answer, then start anew as after power-on."""


def handle(agent, request):
    agent.models.suspend_upload()
    agent.restart_asked = True
    return agent.responder.respond(request)
