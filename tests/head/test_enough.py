"""Have I done enough? in words, in the report's JSON and on its page."""

import json
import re

import numpy as np
import pytest

from reports import SCRIPT, Page, evaluation_of, report_of
from tinyteach.head.fit.learning_curve import LearningCurve
from tinyteach.head.fit.mislabelled import Doubt
from tinyteach.head.fit.outlook import NextClass, Outlook

TWENTY = evaluation_of([[16, 4], [1, 19]], folds=5)
NEXT = NextClass("class 0", "class 1", missed=4, taken=4, tested=20, photo=18, rival_photo=30)


def said(evaluation=TWENTY, copies=(), names=None, **found):
    """The sentences of a report with this outlook."""
    report = report_of(evaluation, outlook=Outlook(**found), copies=copies, names=names)
    assert all(sentence.endswith(".") for sentence in report.enough.sentences)
    return list(report.enough.sentences)


def test_a_forecast_in_words():
    (sentence,) = said(curve=LearningCurve(0.5, 0.05))
    pattern = r"With 5 photographs more of each class expect (\d+)% right \((\d+)% to (\d+)%\), "
    pattern += r"with 10 (\d+)% right \(.*\), with 20 (\d+)% right \(.*\)\."
    first, low, high, second, third = map(int, re.fullmatch(pattern, sentence).groups())
    assert 88 <= first <= second <= third < 100 and low < first < high


def test_where_more_of_the_same_brings_nothing():
    (sentence,) = said(curve=LearningCurve(0.0, 0.0))
    assert sentence.startswith("More photographs of the same kind would hardly help: with 5 ")


@pytest.mark.parametrize(
    "evaluation", [TWENTY, evaluation_of([[0, 0], [0, 0]], untested=("class 0", "class 1"))]
)
def test_where_nothing_can_be_foretold_that_is_said(evaluation):
    (sentence,) = said(evaluation)
    assert sentence == (
        "What more photographs would bring cannot be told yet: it takes at least 8 of each class."
    )


@pytest.mark.parametrize(
    ("evaluation", "why"),
    [
        (evaluation_of([[10]], folds=5), "there is no second class that one could be taken for."),
        (
            evaluation_of([[9, 1], [0, 10]], folds=5, optimistic=("class 0", "class 1")),
            "it takes a second recording of each class, elsewhere.",
        ),
    ],
)
def test_what_is_no_estimate_is_not_carried_on(evaluation, why):
    (sentence,) = said(evaluation, curve=LearningCurve(0.5, 0.05))
    assert sentence.startswith("What more photographs") and sentence.endswith(f"yet: {why}")


def test_the_class_to_photograph_next_is_said_once():
    """Not also among what would help."""
    evaluation = evaluation_of([[14, 6], [1, 19]], folds=5)
    report = report_of(evaluation, outlook=Outlook(next_class=NEXT))
    assert (
        "Photograph class 0 next, from where it looks like class 1: 4 of its 20 photographs were "
        "taken for class 1 (photograph 19, beside photograph 31)."
    ) in report.enough.sentences
    assert not any("class 0" in sentence for sentence in report.advice)


def test_a_class_that_is_taken_for_several():
    sentence = said(next_class=NextClass("a", "b", 5, 3, 20, 1, 2))[1]
    assert "5 of its 20 photographs were taken for something else, most often b (3)" in sentence


def test_a_rival_that_a_board_taught_has_no_picture():
    found = NextClass("class 0", "class 1", 1, 1, 20, 3, rival_photo=99)
    report = report_of(TWENTY, outlook=Outlook(next_class=found))
    assert "beside an example from a board" in report.enough.sentences[1]
    assert report.enough.sentences[1].count("photograph was taken") == 0 and report.met == []


@pytest.mark.parametrize(
    ("copies", "words"),
    [
        ([["a/1", "a/2"]], "1 photograph shows the same as another and teaches nothing new (a/1 "),
        ([["a/1", "a/2", "a/3"], ["b/1", "b/2"]], "3 photographs show the same as others"),
        ([[f"a/{n}", f"b/{n}"] for n in range(9)], "(such as a/0 and b/0; 'tinyteach report --"),
    ],
)
def test_copies(copies, words):
    """Never more than two of them are named."""
    sentence = said(copies=copies)[1]
    assert words in sentence and len(re.findall("[ab]/[0-9]", sentence)) == 2


@pytest.mark.parametrize(
    ("copies", "words"),
    [
        ([["a/1", "b/1"]], "1 is in several (a/1 and b/1)."),
        ([["a/1", "a/2", "b/1"]], "1 is in several (such as a/1 and b/1; 'tinyteach report --"),
        ([["a/1", "b/1", "c/1"]], "1 is in several (such as a/1 and b/1; 'tinyteach report --"),
        ([[f"a/{n}", f"b/{n}"] for n in range(9)], "9 are in several (such as a/0 and b/0; "),
    ],
)
def test_the_same_in_several_classes_is_said_once(copies, words):
    report = report_of(TWENTY, in_several_classes=copies)
    (sentence,) = [each for each in report.advice if "in one class only" in each]
    assert words in sentence
    page = Page(report.html()).text
    assert page.count("in one class only") == 1 and "a/8" not in page
    assert json.loads(report.files()["report.json"])["in_several_classes"] == copies


def test_doubtful_photographs():
    doubts = [Doubt(n, "class 0", "class 1", 0.9) for n in range(5)]
    assert said(mislabelled=doubts[:1])[1] == (
        "Look whether 1 photograph is in the right class: photograph 1 looks like class 1."
    )
    assert said(mislabelled=doubts)[1].endswith("photograph 3 looks like class 1; and 2 more.")


def test_backgrounds():
    assert "Record class 0 before other backgrounds, too" in said(one_background=("class 0",))[1]
    assert "Record a and b before" in said(one_background=("a", "b"))[1]


def test_the_same_in_the_report_s_json():
    found = Outlook(LearningCurve(0.5, 0.05), NEXT, [Doubt(7, "class 0", "class 1", 0.9)], ("x",))
    report = report_of(TWENTY, outlook=found, copies=[["a", "b"]])
    facts = json.loads(report.files()["report.json"])["enough"]
    assert [each["more"] for each in facts["forecast"]] == [5, 10, 20]
    assert all(0 <= f["low"] <= f["accuracy"] <= f["high"] <= 1 for f in facts["forecast"])
    assert facts["next_class"]["rival_photo"] == "photograph 31"
    (doubt,) = facts["mislabelled"]
    assert (doubt["name"], doubt["likely"]) == ("photograph 8", "class 1")
    assert facts["copies"] == [["a", "b"]] and facts["one_background"] == ["x"]
    assert facts["sentences"] == report.enough.sentences and len(facts["sentences"]) == 5


def test_the_page_shows_the_rival_beside_it():
    plain, page = (
        Page(report_of(TWENTY, outlook=outlook, names=[SCRIPT] * 40).html())
        for outlook in (Outlook(), Outlook(next_class=NEXT))
    )
    assert page.tags.count("img") == plain.tags.count("img") + 2
    assert "script" not in page.tags and "Have I done enough?" in page.text
    assert all(address.startswith("data:image/jpeg") for address in page.addresses)


def test_names_of_photographs_are_those_of_the_outlook():
    names = [f"cat/{n}.png" for n in range(40)]
    sentence = said(names=names, next_class=NEXT)[1]
    assert "(cat/18.png, beside cat/30.png)" in sentence
    assert np.all([name in names for name in re.findall(r"cat/\d+\.png", sentence)])
