// Live: what the board recognises, by its own head or by the newest one on this computer.

import { api } from "./api.js";
import { UNKNOWN, colourOf, paint } from "./colours.js";
import { el, keep, newId, panel, show, text } from "./dom.js";
import { onView } from "./live.js";
import { attempt, notice, wayBack } from "./notices.js";
import { drawView } from "./picture.js";
import { follow, get, put } from "./store.js";
import { named, percent, strings } from "./strings.js";

const words = strings.live;
const ANNOUNCE_MS = 2000;
const NOTHING = { label: "", by: "", at: 0 };

export function livePanel() {
  let view = null;
  let source = "auto";
  let announced = NOTHING;
  const canvas = el("canvas.view.small", { width: 64, height: 64, role: "img", "aria-label": strings.connect.preview });
  const label = el("strong.big", { id: "live-label" }, "–");
  const second = el("span.faint");
  const heard = el("p.only-heard", { role: "status" });
  const none = el("p.empty.small", words.none);
  const bars = el("div.bars", { role: "group", "aria-label": words.bars });
  const latency = el("span.figure", { id: "latency" }, words.noLatency);
  const rate = el("span.figure", "–");
  const choices = sourceChoice((chosen) => { source = chosen; });
  const threshold = thresholdSlider();
  const strip = timeline();
  const correct = el("div.chips", { role: "group", "aria-label": words.correct });

  function tell(next) {
    view = next;
    drawView(canvas, view);
    const onBoard = get("board")?.facts.head;
    const isLesson = onBoard && get("preview")?.lesson === onBoard;
    const isNewer = view.host_head && view.host_head !== onBoard && !isLesson;
    const wanted = source === "auto" ? (isNewer ? "host" : "board") : source;
    const other = wanted === "host" ? "board" : "host";
    const chosen = !view[wanted] && view[other] ? other : wanted;
    choices.mark(chosen, view);
    if (get("source") !== chosen) put("source", chosen);
    const raw = view[chosen];
    const result = view.smoothed?.[chosen] ?? raw;
    text(rate, strings.connect.rate(view.frames_per_s));
    text(latency, view.board?.latency_ms ? words.latency(sum(view.board.latency_ms)) : words.noLatency);
    show(none, !result);
    if (!result) return hush();
    label.dataset.head = chosen === "host" ? view.host_head : get("board")?.facts.head ?? "";
    label.dataset.source = chosen;
    text(label, named(result.label));
    paint(label, colourOf(result.label));
    text(second, result.label === result.best_label ? percent(result.probability) : `${words.atBest(named(result.best_label))} ${percent(result.probability)}`);
    keep(bars, Object.entries(result.probabilities), ([name]) => name, ([name]) => bar(name), (row, [name, value]) => row.update(value, raw.probabilities[name], name === result.label));
    strip.add(result.label);
    put("looks", { label: raw.best_label, cells: view.looks?.[chosen] ?? null, asked: Boolean(view.looks) });
    announce(result.label, chosen);
  }

  function announce(name, by) {
    if (section.classList.contains("stale")) return; // a view that came after its board had gone
    const now = performance.now();
    const isOther = by !== announced.by;
    if (!isOther && (name === announced.label || now - announced.at < ANNOUNCE_MS)) return;
    announced = { label: name, by, at: now };
    text(heard, words.announce[by](named(name)));
  }

  function hush() {
    announced = NOTHING;
    text(heard, "");
  }

  async function keepAs(name) {
    const shown = view;
    if (!shown) return;
    const done = await attempt(() => api.correct(shown.view, name));
    if (done) notice(words.corrected(name), { undo: ["deletePhotos", [done.id]] });
  }

  // What is shown is of now; what was shown before the link or the studio went is grey.
  function forget() {
    const { status } = get("board") ?? { status: "none" };
    const isOffline = get("online") === false;
    const held = status === "connected" && !isOffline;
    for (const button of correct.children) button.disabled = !held;
    section.classList.toggle("stale", !held && view !== null);
    if (held) return;
    hush();
    put("looks", null);
    if (view) text(second, words.stale);
    if (isOffline || !["none", "unpaired"].includes(status)) return;
    section.classList.remove("stale");
    view = null;
    text(label, "–");
    text(second, "");
    text(latency, words.noLatency);
    text(rate, "–");
    paint(label, "transparent");
    for (const row of bars.children) row.update(0, 0, false);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }

  // What is none of the classes needs no class of its own before.
  const choicesOf = ({ classes }) => [...classes.map((each) => each.name).filter((name) => name !== UNKNOWN), UNKNOWN];
  follow("project", (project) => keep(correct, choicesOf(project), (name) => name, (name) =>
    el("button.chip.of-class", { onclick: () => keepAs(name) }, name === UNKNOWN ? words.noneOfThese : name),
  (button, name) => {
    paint(button, colourOf(name));
    button.disabled = get("board")?.status !== "connected";
  }));

  const section = panel("live", strings.steps.live,
    el("div.line.result", canvas, el("div.grow", label, second)),
    heard, none, choices.element, bars, threshold,
    el("div.line", latency, rate),
    el("h3", words.timeline), strip.element,
    el("h3", words.correct), el("p.faint", words.correctHint), correct);
  onView(tell);
  follow(["board", "online"], forget);
  return section;
}

const sum = (latency) => Object.values(latency).reduce((total, each) => total + each, 0);

function bar(name) {
  const value = el("span.figure");
  const fill = el("div.fill");
  const behind = el("div.fill.behind");
  const id = newId("bar");
  const meter = el("div.track", { role: "meter", "aria-labelledby": id, "aria-valuemin": 0, "aria-valuemax": 100, title: words.raw }, behind, fill);
  const row = el("div.bar", el("span.bar-name", { id }, named(name)), meter, value);
  row.update = (probability, raw, isBest) => {
    paint(row, colourOf(name));
    fill.style.transform = `scaleX(${probability})`;
    behind.style.transform = `scaleX(${raw ?? 0})`;
    meter.setAttribute("aria-valuenow", Math.round(probability * 100));
    text(value, percent(probability));
    row.classList.toggle("best", isBest);
  };
  return row;
}

function sourceChoice(choose) {
  const group = newId("source");
  const radio = (value, name, hint) => {
    const input = el("input", { type: "radio", name: group, value });
    input.addEventListener("change", () => choose(value));
    return { input, element: el("label", { title: hint ?? name }, input, el("span", name)) };
  };
  const all = { board: radio("board", words.board), host: radio("host", words.host, words.hostHint) };
  const element = el("fieldset.segments", el("legend.only-heard", words.source), all.board.element, all.host.element);
  const mark = (chosen, view) => {
    all[chosen].input.checked = true;
    all.board.input.disabled = !view.board;
    all.host.input.disabled = !view.host;
  };
  return { element, mark };
}

function thresholdSlider() {
  const id = newId("threshold");
  const input = el("input", { id, type: "range", min: 0, max: 99, step: 1, value: 0 });
  const value = el("output.figure", { for: id });
  let sending = false;
  let wanted = null;

  async function sendNewest() {
    if (sending) return;
    sending = true;
    while (wanted !== null) {
      const next = wanted;
      wanted = null;
      await attempt(() => api.threshold(next));
    }
    sending = false;
    follow_();
  }
  const hint = el("p.faint");
  const tell = () => {
    text(value, percent(input.value / 100));
    text(hint, words.thresholdHints[get("source") ?? "board"]);
  };
  // One way back from each drag, and from all that keys do until the slider is left.
  let before = 0;
  let hasWayBack = () => false;
  const begin = () => { hasWayBack = () => false; };
  let isHeld = false;
  for (const [event, held] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false], ["blur", false]]) {
    input.addEventListener(event, () => { isHeld = held; });
  }
  for (const event of ["pointerdown", "blur"]) input.addEventListener(event, begin);
  input.addEventListener("input", () => {
    if (!hasWayBack()) hasWayBack = wayBack(["threshold", before]);
    before = Number(input.value) / 100;
    tell();
    wanted = Number(input.value) / 100;
    sendNewest();
  });
  const follow_ = () => {
    if (isHeld || sending) return;
    const { head, threshold } = get("preview") ?? {};
    const facts = get("board")?.facts ?? {};
    const isModule = facts.kind === "module"; // which is told with each view
    const ofBoard = facts.labels?.length ? (isModule ? threshold : null) ?? facts.threshold / 256 : null;
    const ofHost = threshold ?? head?.threshold ?? null;
    const both = get("source") === "host" ? [ofHost, ofBoard] : [ofBoard, ofHost];
    input.value = Math.round(100 * (both[0] ?? both[1] ?? 0));
    before = Number(input.value) / 100;
    tell();
  };
  follow(["preview", "board", "source"], follow_);
  return el("div.threshold",
    el("label", { for: id }, words.threshold), input, value, hint);
}

// A strip of colours, the newest at the right; the name is told beside it.
function timeline() {
  const SPAN_MS = 30000;
  const canvas = el("canvas.timeline", { width: 300, height: 18, role: "img", "aria-label": words.timeline });
  let marks = [];
  const draw = () => {
    const now = performance.now();
    marks = marks.filter((mark) => now - mark.at < SPAN_MS);
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    marks.forEach((mark, index) => {
      const x = (1 - (now - mark.at) / SPAN_MS) * canvas.width;
      const next = marks[index + 1];
      const end = next ? (1 - (now - next.at) / SPAN_MS) * canvas.width : canvas.width;
      context.fillStyle = colourOf(mark.label);
      const tall = mark.label === UNKNOWN ? canvas.height / 3 : canvas.height;
      context.fillRect(x, canvas.height - tall, end - x, tall);
    });
    const order = [...new Set(marks.map((mark) => mark.label))];
    canvas.setAttribute("aria-label", `${words.timeline}: ${order.map(named).join(", ")}`);
  };
  return {
    element: canvas,
    add: (label) => {
      if (marks.at(-1)?.label !== label) marks.push({ label, at: performance.now() });
      draw();
    },
  };
}
