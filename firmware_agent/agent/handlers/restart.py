"""RESTART: answer, then start anew as after power-on."""

from agent import seldom


def handle(agent, request):
    agent.models.suspend_upload()
    if not agent.safe_mode:
        seldom.call("boot", "settled")
    agent.restart_asked = True
    return agent.responder.respond(request)
