"""COMMIT: check the uploaded file and put it to work, or leave the old one at work."""

import gc
import time


def handle(agent, request):
    start = time.ticks_us()
    fingerprint = agent.mend(agent.models.commit)
    gc.collect()
    duration = time.ticks_diff(time.ticks_us(), start)
    return agent.responder.respond(request, fingerprint=fingerprint, activation_us=duration)
