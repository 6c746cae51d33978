"""Puts a head of examples to work (teach.py has what classes are). Loaded when needed only
(seldom.py), each part of the work one after the other.
"""

from agent import files, seldom

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.models import Models
    from agent.teaching.teach import Class

_MADE = const("tinyteach/taught.tflite")


def learn(models: "Models", classes: "list[Class]") -> None:
    """The active head makes room, and stays at work if anything fails."""
    recogniser = models.recogniser
    recogniser.forget_view()
    head = models.open_in_place_of_active(_MADE, lambda: _make(models, classes))
    digest = files.sha256_of(_MADE)
    models.slots.activate(_MADE)
    recogniser.use_head(head, digest)
    models.problem = None


def _make(models: "Models", classes: "list[Class]") -> None:
    __import__("tinyteach_protocol.head_layout")
    seldom.use("tflite.scales")
    begun = seldom.call("teaching.taught_head", "begin", _MADE, classes, models.recogniser.output)
    seldom.forget("tflite.scales")
    fingerprint = models.recogniser.embedding_fingerprint
    models.read(seldom.call, "teaching.taught_card", "finish", _MADE, fingerprint, *begun)
