"""The page in its two languages: each has all words, and the browser or the person says which."""

import ast
import re

import pytest

from browser import violations
from tinyteach.studio.sentences import CATALOGUE, SAID, catalogue

# Every string by its path, with its arity and what it gives: a few samples stand for what varies.
WORDS = """async (language) => {
  const samples = {
    "projects.classes": [["X"]],
    "deploy.lacks": [["X"]], "deploy.hasMore": [["X"]], "deploy.onBoard": ["1", ["X"]],
    "teach.pulled": [[["X", 1], ["X", 2]]],
    "train.head": [{ time: "2026-01-02T03:04:05Z", photos: 2, accuracy: 0.5 }],
  };
  const found = {};
  const walk = (value, path) => {
    if (typeof value === "object") {
      for (const [key, each] of Object.entries(value)) walk(each, path ? `${path}.${key}` : key);
    } else if (typeof value === "function") {
      const given = samples[path] ? [samples[path]] : [[1, 1, 1, 1], [0, 2, 3, 4], [2, 1, 0, 1]];
      found[path] = [value.length, ...given.map((each) => value(...each))];
    } else found[path] = [null, value];
  };
  walk((await import(`./js/strings/${language}.js`)).strings, "");
  return found;
}"""
PERCENT = """() => Promise.all(["en", "zh"].map(async (language) =>
  (await import(`./js/strings/${language}.js`)).percent(0.8)))"""
# Names, file types, keys and what one types; they are the same in every language.
NAMES = (
    *("TinyTeach", "English", "LiteRT", "TensorFlow Lite Micro", "OpenMV", "Arduino"),
    *("Grove Vision AI V2", "tinyteach studio", "unsorted/", "photos/CLASS/", "USB", "LED"),
    *("MicroPython", "JPEG", "PNG", "zip", "Shift", "Ctrl"),
)
OWN_WORDS_MIN = 200  # fewer would mean that the walk found none


@pytest.fixture
def opened(browser, shared_studio):
    """Opens a window in a browser that asks for these languages."""
    contexts = []

    def open_in(locale):
        contexts.append(browser.new_context(locale=locale))
        page = contexts[-1].new_page()
        page.goto(shared_studio.address.opening())
        page.locator("[data-class=cat]").wait_for()
        return page

    yield open_in
    for context in contexts:
        context.close()


def test_each_language_has_every_word(opened):
    page = opened("en")
    english, chinese = (page.evaluate(WORDS, language) for language in ("en", "zh"))
    assert list(english) == list(chinese) and len(english) > OWN_WORDS_MIN
    assert [path for path in english if english[path][0] != chinese[path][0]] == []
    for words in (english, chinese):
        assert [path for path, given in words.items() if not all(given[1:])] == []
        odd = ("undefined", "NaN", "[object", "null")
        assert [p for p, g in words.items() if any(o in str(t) for t in g[1:] for o in odd)] == []
    assert not re.search("[\\u4e00-\\u9fff]", str(english).replace("中文", ""))
    assert left_in_english(chinese) == {}
    # One way to write a share, which is the advice's, too.
    said = f"{english} {chinese} {SAID['zh'].read_text()} {[*catalogue().values()]} {advised()}"
    assert re.search(r"\d%", said) and not re.search(r"[\d}] %", said)
    assert page.evaluate(PERCENT) == ["80%", "80%"] == [f"{0.8:.0%}"] * 2


def advised():
    """All text in the code that makes a report."""
    paths = (CATALOGUE.parents[1] / "head" / "report").glob("*.py")
    texts = (n for path in paths for n in ast.walk(ast.parse(path.read_text())))
    return [n.value for n in texts if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def left_in_english(words):
    """What of it is Latin and no name, by path."""
    found = {}
    for path, (_, *given) in words.items():
        text = " ".join(given)
        for name in NAMES:
            text = text.replace(name, "")
        if latin := re.findall("[A-Za-z]{2,}", text):
            found[path] = latin
    return found


def test_the_browser_chooses_and_the_switch_is_remembered(opened):
    page = opened("zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("heading", name="类别").wait_for()
    assert violations(page) == []
    page.get_by_label("新类别的名称").fill("a/b")
    page.get_by_role("button", name="添加类别").click()
    refused = page.locator(".notice.error")
    refused.get_by_text("'a/b' 不能用作名称（类别：含有 '/'）").wait_for()
    assert not page.locator(".notice [lang]").count()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Classes").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    second = page.context.new_page()
    second.goto(page.url)
    second.get_by_role("heading", name="Classes").wait_for()
    second.get_by_role("button", name="中文").click()
    second.get_by_role("heading", name="类别").wait_for()


def test_another_language_is_answered_in_english(opened):
    page = opened("fr-FR")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="Add class").wait_for()
