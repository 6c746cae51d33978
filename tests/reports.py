"""Reports made by hand, and their pages as a browser takes them."""

from html.parser import HTMLParser

import numpy as np

from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.report.report import make_report

SCRIPT = "<script>alert('&')</script>"


def evaluation_of(confusion, labels=None, **options):
    """An evaluation that has this confusion matrix."""
    confusion = np.asarray(confusion)
    names = labels or [f"class {n}" for n in range(len(confusion))]
    pairs = [pair for pair, count in np.ndenumerate(confusion) for _ in range(count)]
    scores = np.full((len(pairs), len(names)), -100, np.int8)
    for row, (_, predicted) in enumerate(pairs):
        scores[row, predicted] = 50 + row % 50
    targets = np.array([target for target, _ in pairs], int)
    return Evaluation(tuple(names), np.arange(len(pairs)), targets, scores, **options)


def report_of(evaluation, **options):
    labels = [evaluation.labels[t] for t in evaluation.targets]
    photo = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    bursts = [f"burst {n // 5}" for n in range(len(labels))]
    return make_report(evaluation, [photo] * len(labels), labels, bursts, title="T", **options)


class Page(HTMLParser):
    """What a browser would make of the page: elements, text, addresses."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.addresses = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data
