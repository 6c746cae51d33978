"""Nothing sticks out or is cut, and axe finds nothing: three sizes, two themes, two languages."""

import re

import pytest

from browser import violations
from paired import views_of
from tinyteach.data.photos import save_burst

LONG = "motorcycle of my uncle in Wolverhampton"
NAMES = ["cat", "coffee", LONG]
DESKTOP, LARGE, PHONE = (1280, 800), (1920, 1080), (390, 844)
# Where axe looks: each pair of a size, a theme and a language once.
LOOKED_OVER = {("en", "light", DESKTOP), ("en", "dark", PHONE)}
LOOKED_OVER |= {("zh", "light", PHONE), ("zh", "dark", DESKTOP)}

# Only what is meant to scrolls sideways, what is clamped shows all of its text, and a field or
# a select shows what is in it, but for a class's name in a select, which a person has typed. While
# this looks, Chinese is dashes: the machine may have no font with its signs; a dash is as wide.
# A new width is there some time after it was set, and fields fit themselves to it a frame later.
CUT = r"""async ([names, width]) => {
  const frame = () => new Promise(requestAnimationFrame);
  while (innerWidth !== width) await frame();
  for (let frames = 0; frames < 4; frames++) await frame();
  const changed = [], found = [];
  const dash = (text) => text.replace(/[\u3000-\u9fff\uff00-\uffef]/g, "—\u200b");
  const told = (each, wanted) => found.push(`${wanted}: ${each.outerHTML.slice(0, 200)}`);
  const isUnseen = (each) => each.matches("option, datalist, .hidden-file")
    || getComputedStyle(each).clipPath !== "none";
  const isScroller = ({ overflowX }) => ["auto", "scroll"].includes(overflowX);

  function checkField(field) {
    const before = field.value;
    field.value ||= dash(field.placeholder);
    if (field.scrollWidth > field.clientWidth) told(field, field.value);
    field.value = before;
  }
  function checkSelect(select) {
    const copy = select.cloneNode(true);
    for (const option of [...copy.options]) if (names.includes(option.text)) option.remove();
    copy.style.cssText = "position: absolute; max-width: none; width: auto; flex: none";
    select.after(copy);
    if (copy.offsetWidth > select.offsetWidth) told(select, copy.offsetWidth);
    copy.remove();
  }
  function checkBox(box) {
    const style = getComputedStyle(box);
    if (style.display === "inline" || isScroller(style)) return;
    const isClamped = style.overflowY === "hidden" && box.scrollHeight > box.clientHeight;
    if (isClamped || box.scrollWidth > box.clientWidth) told(box, box.scrollWidth);
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode, before = node.data;
    node.data = dash(before);
    if (node.data !== before) changed.push(() => { node.data = before; });
  }
  if (document.documentElement.scrollWidth > innerWidth) told(document.body, "the page");
  for (const each of document.querySelectorAll("body, body *")) {
    if (isUnseen(each) || !each.checkVisibility()) continue;
    if (each.matches("input:not([type])")) checkField(each);
    else if (each.matches("select")) checkSelect(each);
    else checkBox(each);
  }
  for (const back of changed) back();
  return found;
}"""


# What the doctor and others name; the machine says itself what it is.
CALLED_SO = rf"""(?x) {LONG.replace(" ", "[ ]")} | TinyTeach[ ]virtual[ ]board[ ]with[ ][\w-]+
| (?<![A-Za-z])(TinyTeach|things|virtual|VIRTUAL|astronaut|cat|coffee|motorcycle|rocket
| MicroPython|micropython|viper|camera|base|zip|dev|pts|amd64|x86_64|i386|arm64|[KM]B
| RGB|RGB\d+|GRAYSCALE|JPEG)(?![A-Za-z]) | \b[0-9a-f]{{12}}\b"""
# Latin letters that are shown.
LATIN = r"""() => [...document.body.querySelectorAll("*")].filter((each) => each.checkVisibility())
  .filter((each) => !each.matches("[lang=en], [lang=en] *, option"))
  .flatMap((each) => [...each.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE))
  .map((node) => node.data).filter((text) => /[A-Za-z]{2,}/.test(text))"""


@pytest.fixture
def three_classes(project):
    """One has a long name."""
    project.add_class(LONG)
    save_burst(project, LONG, [views_of("rocket", 1, hand, 96)[0] for hand in range(4)])
    return project


def fill(flow):
    """All that the page can show, it shows."""
    flow.start_virtual()
    flow.show("cat")
    flow.trained()
    flow.deploy()
    flow.state("deploy", "done")
    flow.page.get_by_label("What is seen").select_option(label="cat")
    flow.page.get_by_label("What to do: pin", exact=True).fill("21")
    flow.button("Add rule").click()
    flow.part("#rules li").wait_for()


def unfold(flow):
    """What is open or selected only until the page is loaded again."""
    flow.trained()
    flow.part("#heads").locator("xpath=..").locator("summary").click()
    flow.card("cat").locator(".thumb").first.click()
    flow.part("#heads li").wait_for()
    flow.part("#on-board", has_text=LONG).wait_for()
    flow.label("cat")


def look_over(flow, language):
    for theme in ("light", "dark"):
        flow.page.emulate_media(color_scheme=theme)
        for width, height in (DESKTOP, LARGE, PHONE):
            flow.page.set_viewport_size({"width": width, "height": height})
            cut = flow.page.evaluate(CUT, [NAMES, width])
            assert cut == [], (language, theme, width)
            if (language, theme, (width, height)) in LOOKED_OVER:
                assert violations(flow.page) == [], (language, theme, width)


@pytest.mark.usefixtures("paired_before", "three_classes")
def test_sizes_themes_and_languages(flow):
    fill(flow)
    unfold(flow)
    look_over(flow, "en")
    flow.button("中文").click()
    unfold(flow)
    assert flow.page.get_by_label("执行的动作: 引脚", exact=True).input_value() == "21"
    shares = flow.page.locator("body").inner_text() + flow.part("output").first.inner_text()
    assert "%" in shares and " %" not in shares  # written one way
    assert "请多录一些“cat”：它只有 4 张照片" in flow.part("#advice").inner_text()
    assert flow.part(":is(#enough, #advice) li").count() > 3
    assert not flow.part(":is(#enough, #advice) [lang]").count()  # nothing is left in English
    rules = flow.part("#rules code").all_inner_texts()
    assert rules == ["cat，连续 3 帧：引脚 21 置高，之后引脚 21 置低"]
    flow.button("运行诊断").click()
    flow.part("#panel-connect summary").get_by_text("一切正常").click()
    left = re.sub(CALLED_SO, " ", " ".join(flow.page.evaluate(LATIN)))
    assert re.findall("[A-Za-z]{2,}", left) == []
    look_over(flow, "zh")
    assert not flow.page.get_by_text("unknown", exact=True).count()  # it has a name of its own
    flow.part(".matrix .right button").first.click()
    flow.part("dialog figcaption").first.wait_for()
    flow.button(flow.said("train.remove")).first.click()
    flow.part("dialog .notice").wait_for()
    assert flow.is_on_top(flow.part(".notice"))
    flow.press("undo")
    flow.part(".notice", has_text=flow.said("undone", 1)).wait_for()
    assert flow.page.evaluate(CUT, [NAMES, PHONE[0]]) == []
    flow.button("关闭", exact=True).click()
    flow.button("项目: things").click()
    flow.part("dialog.projects li").wait_for()
    assert flow.page.evaluate(CUT, [NAMES, PHONE[0]]) == [] and violations(flow.page) == []
    flow.page.get_by_label("新项目或副本的名称").fill("杯子")
    flow.button("新建项目").click()
    flow.button("项目: 杯子").wait_for()
    flow.state("board", "connected")  # the virtual board, which this page had started
