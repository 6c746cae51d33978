"""The report: its facts, its picture, its page, its advice."""

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from reports import SCRIPT, Page, evaluation_of, report_of
from tinyteach.head.fit.outlook import NextClass, Outlook
from tinyteach.head.format.rejection import BACKGROUND, OWN, Rejection
from tinyteach.head.report.advice import advise
from tinyteach.head.report.none_of_these import advise_unknown
from tinyteach.head.report.report import make_report


def test_files(trained, photo_set, tmp_path):
    photos, labels, bursts = photo_set
    report = make_report(
        trained.evaluation, photos, labels, bursts, title="Four things", timings=trained.timings
    )
    folder = tmp_path / "new" / "folder"
    content = report.write(folder)
    written = sorted(path.name for path in folder.iterdir())
    assert written == ["report.html", "report.json"]
    assert (folder / "report.json").read_bytes() == content
    facts = json.loads(content)
    assert facts["accuracy"] == trained.evaluation.accuracy
    assert facts["confusion"] == trained.evaluation.confusion.tolist()
    assert [c["photos"] for c in facts["classes"]] == [20] * 4
    assert [c["recordings"] for c in facts["classes"]] == [4] * 4
    assert facts["timings_s"]["total"] > 0


def test_page_needs_nothing_else():
    page = Page(report_of(evaluation_of([[9, 1], [2, 8]])).html())
    assert len(page.addresses) == 12  # photographs
    assert all(address.startswith("data:image/") for address in page.addresses)
    for address in page.addresses:
        Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).load()
    assert "script" not in page.tags and "link" not in page.tags


def test_page_shows_where_the_head_looks():
    """Cells over each photograph, which a checkbox of the page shows without a script."""
    asked = []

    def cells_of(index, label):
        asked.append((index, label))
        return np.array([[1.0, -0.5], [0.0, 0.25]])

    evaluation = evaluation_of([[9, 1], [2, 8]])
    report = report_of(evaluation, cells_of=cells_of)
    assert asked == [(p.result.index, p.result.predicted) for p in report.worst]
    html = report.html()
    page = Page(html)
    assert html.count('<div class="cells"') == 12 and html.count('class="against"') == 12
    assert page.tags.count("i") == 48 and "script" not in page.tags
    assert "input" in page.tags and "Show where the head looked" in page.text
    assert report.as_dict()["worst"][0]["cells"] == [[1.0, -0.5], [0.0, 0.25]]
    plain = report_of(evaluation)
    assert "input" not in Page(plain.html()).tags
    assert plain.as_dict()["worst"][0]["cells"] is None


def test_page_shows_names_as_text():
    evaluation = evaluation_of([[5, 5], [0, 10]], labels=[SCRIPT, '"><img src=x>'])
    page = Page(report_of(evaluation, names=[SCRIPT] * 20).html())
    assert "script" not in page.tags
    assert page.tags.count("img") == 12
    assert SCRIPT in page.text and '"><img src=x>' in page.text


def test_page_names_wrong_photographs_first():
    page = Page(report_of(evaluation_of([[9, 1], [2, 8]])).html())
    captions = re.sub(r"\s+", " ", page.text.split("Photographs worth a look")[1])
    assert captions.count("taken for") == 3
    assert captions.index("taken for") < captions.index("class 0, ")


def test_headline_has_its_interval_and_what_is_wrongly_accepted_beside():
    rejection = Rejection(128, 0.1, {BACKGROUND: 0.04}, shown={BACKGROUND: 100})
    about = [("Trained", "2026-11-29"), ("Head", "0123456789ab"), ("Photographs by", "kitchen")]
    report = report_of(evaluation_of([[9, 1], [2, 8]]), rejection=rejection, about=about)
    low, high = (f"{each:.0%}" for each in report.interval)
    head = re.sub(r"\s+", " ", Page(report.html()).text.split("Have I done enough?")[0])
    assert f"85% right, between {low} and {high} with 95% certainty" in head
    assert f"4% of {BACKGROUND} wrongly taken for a class" in head
    assert "Trained 2026-11-29 Head 0123456789ab Photographs by kitchen" in head


def test_names_written_from_right_to_left_turn_nothing_about():
    evaluation = evaluation_of([[9, 1], [2, 8]], labels=["חתול", "cat"])
    html = replace(report_of(evaluation), advice=["Record חתול, or cat."]).html()
    assert "Record \u2068חתול\u2069, or cat." in html
    assert "taken for <b><bdi>חתול</bdi></b>" in html


def test_what_is_right_and_sure_needs_no_look():
    evaluation = evaluation_of([[10, 0], [0, 10]])
    sure = replace(evaluation, scores=np.where(evaluation.scores > 0, 127, -128).astype(np.int8))
    assert "Photographs worth a look" not in report_of(sure).html()
    assert len(report_of(sure).worst) == 12  # report.json has them
    assert "Photographs worth a look" in report_of(evaluation).html()


def test_matrix_is_a_table_that_can_be_read():
    labels = ["$cup_1^", "an <em>old</em> mug"]
    html = report_of(evaluation_of([[9, 1], [2, 8]], labels=labels)).html()
    table = html.split('<table class="confusion">')[1].split("</table>")[0]
    lines = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)", line) for line in lines]
    escaped = [labels[0], "an &lt;em&gt;old&lt;/em&gt; mug"]
    assert rows == [
        ["", *escaped, "unknown"],
        [escaped[0], "9", "1", "0"],
        [escaped[1], "2", "8", "0"],
    ]
    assert "--share: 0.90" in table and "--share: 0.20" in table


def test_nothing_tested():
    evaluation = evaluation_of([[0, 0], [0, 0]], untested=("class 0", "class 1"))
    report = make_report(
        evaluation, [np.zeros((64, 64, 3), np.uint8)] * 2, ["class 0", "class 1"], "ab", title="T"
    )
    assert report.as_dict()["accuracy"] is None
    assert "Nothing could be tested" in report.html()
    assert [c["photos"] for c in report.as_dict()["classes"]] == [1, 1]


def test_page_says_that_an_estimate_is_optimistic():
    evaluation = evaluation_of([[10, 0], [0, 10]], folds=5, optimistic=("class 1",))
    method = report_of(evaluation).method
    assert (
        "probably too high" in method and "trained on, but for class 1: there are too few" in method
    )


def test_an_estimate_of_nothing_but_single_recordings_claims_no_whole_ones():
    both = ("class 0", "class 1")
    method = report_of(evaluation_of([[10, 0], [0, 10]], folds=5, optimistic=both)).method
    assert "each tested on photographs that it was not trained on; there are too few" in method
    assert "recordings that it was not trained on" not in method


@pytest.mark.parametrize(
    ("confusion", "counts", "options", "sentence"),
    [
        ([[15, 5], [0, 20]], [20, 20], {}, "5 of its 20 photographs were taken for class 1."),
        (
            [[10, 4, 1], [0, 15, 0], [0, 0, 15]],
            [15, 15, 15],
            {},
            "5 of its 15 photographs were taken for something else, most often class 1 (4).",
        ),
        (
            [[1, 1, 1], [0, 3, 0], [0, 0, 3]],
            [3, 3, 3],
            {},
            "2 of its 3 photographs were taken for something else, such as class 1.",
        ),
        ([[4, 0], [0, 20]], [4, 20], {}, "it has only 4 photographs"),
        ([[0, 0], [0, 20]], [1, 20], {"untested": ("class 0",)}, "it has only 1 photograph,"),
        ([[20, 0], [0, 99]], [20, 99], {}, "it has 20 photographs and class 1 has 99."),
        ([[20, 0], [0, 20]], [20, 20], {"optimistic": ("class 0",)}, "Record class 0 once more"),
        (
            [[10, 0, 0], [4, 26, 0], [4, 0, 26]],
            [10, 30, 30],
            {},
            "class 0 is seen too often: only 56% of what was taken for it is",
        ),
    ],
)
def test_advice(confusion, counts, options, sentence):
    sentences = advise(evaluation_of(confusion, **options), counts)
    assert any(sentence in given for given in sentences), sentences
    assert all(given.endswith(".") for given in sentences)


ASKING = Outlook(next_class=NextClass("class 0", "class 1", 4, 4, 20, 3, 30))
UNKNOWN_ASKED, ALL_GOOD = Rejection(128, 0.03, {BACKGROUND: 0.09}), Rejection(128, 0.03, {OWN: 0})


@pytest.mark.parametrize(
    ("rejection", "outlook", "is_well"),
    [
        (ALL_GOOD, Outlook(), True),
        (Rejection(0), Outlook(), True),
        (ALL_GOOD, ASKING, False),
        (UNKNOWN_ASKED, Outlook(), False),
    ],
)
def test_all_is_well_only_where_nothing_is_asked_for(rejection, outlook, is_well):
    evaluation = evaluation_of([[16, 4], [0, 20]], folds=5)
    photo, labels = np.zeros((64, 64, 3), np.uint8), ["class 0", "class 1"] * 20 + ["unknown"]
    report = make_report(
        *(evaluation, [photo] * 41, labels, ["a"] * 41),
        **{"title": "T", "rejection": rejection, "outlook": outlook, "unaided": 0.5},
    )
    assert any("Nothing stands out" in sentence for sentence in report.advice) == is_well


@pytest.mark.parametrize(
    ("confusion", "words"),
    [
        ([[10]], " With one class that is always so: look at what is wrongly accepted."),
        (
            [[10, 0], [0, 0]],
            " That is class 0 alone, and does not say whether the head tells classes apart.",
        ),
        ([[10, 0], [0, 1]], ""),
    ],
)
def test_what_the_accuracy_of_one_class_is_worth(confusion, words):
    method = report_of(evaluation_of(confusion, folds=5)).method
    assert words in method and ("always so" in method or "alone" in method) == bool(words)


def test_advice_stays_short():
    confusion = np.ones((30, 30), int)
    sentences = advise(evaluation_of(confusion), [3] * 30)
    assert 1 < len(sentences) <= 6


BACKGROUND_ONLY = Rejection(128, 0.03, {BACKGROUND: 0.09})


@pytest.mark.parametrize(
    ("rejection", "count", "unaided", "sentence"),
    [
        (BACKGROUND_ONLY, 0, None, "Record what else the board will see"),
        (BACKGROUND_ONLY, 1, None, "Record what else the board will see"),  # nothing to test on
        (
            Rejection(128, 0.03, {BACKGROUND: 0.09, OWN: 0.1}),
            *(20, 0.5),
            "50% would be taken for a class had none been recorded, and 10% are by heads that "
            "learnt from the others: each photograph takes off 2.0 points; record 20 more",
        ),
        (Rejection(128, 0.03, {OWN: 0.05}), 20, 0.5, "takes off 2.2 points."),
        (Rejection(128, 0.03, {OWN: 0.4}), 20, 0.4, "from the others; record 20 more"),
        (Rejection(128, 0.03, {OWN: 0.0}), 20, 0.0, "from the others."),
    ],
)
def test_what_photographs_of_unknown_help(rejection, count, unaided, sentence):
    (said,) = advise_unknown(rejection, count, unaided)
    assert sentence in said and said.endswith(".") and said.count(". ") == 0


def test_nothing_is_said_of_unknown_where_all_is_accepted():
    assert advise_unknown(Rejection(0), 0, None) == []


@pytest.mark.parametrize(("per_recording", "is_too_few"), [(1, False), (10, True)])
def test_too_few_recordings_to_know_are_owned_up_to(per_recording, is_too_few):
    """Of the same eighty photographs, alone or ten in one go."""
    evaluation = evaluation_of([[32, 8], [8, 32]], folds=5)
    labels = [evaluation.labels[t] for t in evaluation.targets]
    bursts = [f"burst {n // per_recording}" for n in range(80)]
    photos = [np.zeros((64, 64, 3), np.uint8)] * 80
    report = make_report(evaluation, photos, labels, bursts, title="T")
    count = 80 // per_recording
    assert f"Estimated on 80 photographs in {count} recordings by fitting" in report.method
    assert ("too few recordings to know" in report.method) == is_too_few
    assert report.as_dict()["tested_recordings"] == count
