// Rules: what the board does when it sees a class, kept on the board; and letting it do so.

import { api } from "./api.js";
import { UNKNOWN } from "./colours.js";
import { el, keep, newId, panel, show, text } from "./dom.js";
import { askedFor } from "./forms.js";
import { attempt, notice } from "./notices.js";
import { follow, get } from "./store.js";
import { named, percent, strings, told } from "./strings.js";

const words = strings.rules;

export function rulesPanel() {
  const list = el("ol.rows", { id: "rules", "aria-label": words.list });
  const empty = el("p.empty.small");
  const problems = el("ul.problems");
  const clear = el("button.quiet", { onclick: () => change(api.clearRules, words.cleared) }, words.clear);
  const form = ruleForm();

  function tell() {
    const rules = get("rules");
    const alone = get("alone");
    const held = isHeld();
    const rows = (rules?.rules ?? []).map((rule) => ({
      ...rule, held, isMet: Boolean(alone?.met.includes(rule.number)), isTold: Boolean(alone),
    }));
    keep(list, rows, (rule) => `${rule.number} ${rule.text}`, ruleRow, (row, rule) => row.update(rule));
    keep(problems, (rules?.problems ?? []).map((sentence) => ({ sentence })), (each) => each.sentence,
      (each) => el("li", told(each.sentence)));
    show(empty, !rows.length);
    text(empty, rules ? told(rules.sentence) || words.none : words.noBoard);
    show(clear, rows.length > 1 || (rules?.problems.length && !rows.length));
    clear.disabled = !held;
    form.enable(held);
  }

  follow(["rules", "alone", "board"], tell);
  return panel("rules", strings.steps.rules,
    el("p.faint", words.hint),
    el("div.halves",
      el("div", empty, list, el("div", { role: "status" }, problems), el("div.actions", clear), trial()),
      form.element));
}

async function change(action, sentence) {
  const done = await attempt(action);
  if (done) notice(sentence, { undo: done.undo && ["undoRules", done.undo] });
}

// A board with the agent: a Grove's firmware has no rules.
function isHeld() {
  const { status, facts } = get("board") ?? {};
  return status === "connected" && facts.kind !== "module";
}

function ruleRow(rule) {
  const mark = el("span.tag");
  const shown = told(rule.text);
  const remove = el("button.quiet.icon", { titled: words.remove(shown) }, "✕");
  remove.addEventListener("click", () => change(() => api.removeRule(rule.number), words.removed(shown)));
  const row = el("li", el("code.grow", shown), mark, remove);
  row.update = (now) => {
    row.classList.toggle("met", now.isMet);
    text(mark, now.isTold ? (now.isMet ? words.met : words.notMet) : words.rests);
    show(mark, now.isTold || now.rests);
    mark.classList.toggle("warn", !now.isTold && now.rests);
    remove.disabled = !now.held;
  };
  return row;
}

// The form writes the words that `tinyteach rule add` takes; what is wrong with them the studio says.

function ruleForm() {
  const label = select(words.label, {});
  const how = select(words.how, words.hows);
  const level = field(words.level, { type: "number", class: "short", value: 80, min: 0, max: 100 });
  const frames = field(words.frames, { type: "number", class: "short", value: 3, min: 1 });
  const then = action(words.then, words.actions);
  const after = action(words.after, words.afters);
  const framesUnit = el("span.unit");
  const holdUnit = el("span.unit");
  const hold = field(words.hold, { type: "number", class: "short", value: 0, min: 0, step: "any" });
  const add = el("button.primary", words.add);
  const group = el("fieldset.plain", el("legend", words.formTitle),
    line(words.when, label, how, el("span.unit", level, percent(0).replace("0", ""))),
    line(words.during, frames, framesUnit),
    line(words.doThis, ...then.parts),
    line(words.afterwards, ...after.parts),
    line(words.holdFor, hold, holdUnit),
    el("div.line", add));
  const element = el("form", { novalidate: true, id: "rule-form" }, group);

  function adapt() {
    const isUnknown = label.value === UNKNOWN;
    if (isUnknown) how.value = "";
    how.disabled = isUnknown;
    fade(level.parentElement, how.value);
    then.adapt();
    after.adapt();
    text(framesUnit, words.framesUnit(Number(frames.value)));
    text(holdUnit, words.holdUnit(Number(hold.value)));
  }

  function offer() {
    const facts = get("board")?.facts ?? {};
    const names = facts.labels?.length ? facts.labels : (get("project")?.classes ?? []).map((each) => each.name).filter((name) => name !== UNKNOWN);
    const options = [...names.map((name) => ({ value: JSON.stringify(name), name })), { value: UNKNOWN, name: words.unknown }];
    const isFirst = label.options.length < 2; // what stood there alone was nobody's choice
    keep(label, options, (each) => each.value, (each) => el("option", { value: each.value }, each.name));
    if (isFirst) label.selectedIndex = 0;
    adapt();
  }

  element.addEventListener("input", adapt);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (then.asks() || after.asks()) return;
    const sign = how.value ? ` ${how.value} ${level.value}%` : "";
    const during = frames.value === "1" ? "" : ` for ${frames.value} frames`;
    const rule = { condition: `${label.value}${sign}${during}`, action: then.words(), else: after.words(), hold_s: Number(hold.value) };
    await change(() => api.addRule(rule), words.added);
  });
  follow(["board", "project"], offer);
  return { element, enable: (held) => { group.disabled = !held; } };
}

// A pin's level or a line: what, and which pin or words.
function action(name, kinds) {
  const kind = select(name, kinds);
  const what = field(words.pin, {});
  const ask = askedFor(what);
  const isPin = () => kind.value.startsWith("pin");
  const tellMissing = (isMissing) => ask.tell(isMissing ? (isPin() ? words.whichPin : words.whichLine) : "");
  return {
    parts: [kind, what, ask.element],
    // Whether something is missing, which is asked for where it belongs.
    asks: () => {
      const isMissing = (isPin() || kind.value === "say") && !what.value.trim();
      tellMissing(isMissing);
      if (isMissing) what.focus();
      return isMissing;
    },
    adapt: () => {
      tellMissing(false);
      fade(what, isPin() || kind.value === "say");
      what.setAttribute("aria-label", `${name}: ${isPin() ? words.pin : words.line}`);
      what.placeholder = isPin() ? words.pinExample : words.lineExample;
    },
    words: () => {
      if (isPin()) return `pin ${what.value} ${kind.value.split(" ")[1]}`;
      return kind.value === "say" ? `say ${what.value}` : kind.value || null;
    },
  };
}

const select = (name, options) => el("select", { "aria-label": name },
  ...Object.entries(options).map(([value, shown]) => el("option", { value }, shown)));
const field = (name, more) => el("input", { "aria-label": name, autocomplete: "off", ...more });
const line = (name, ...parts) => el("div.rule-line", el("span.lead", name), el("div", ...parts));

// Its place stays, so that nothing jumps.
const fade = (element, isThere) => element.classList.toggle("away", !isThere);

// While a computer holds the board its rules rest; this lets go of it and shows what it says.
function trial() {
  const hintId = newId("alone");
  const status = el("p.status", { id: "alone-status", role: "status" });
  const said = el("pre.said", { role: "log", "aria-label": words.said });
  const toggle = el("button", { "aria-describedby": hintId, onclick: () => attempt(() => api.alone(!get("alone"))) });

  function tell() {
    const alone = get("alone");
    const held = isHeld();
    toggle.disabled = !alone && !held;
    text(toggle, alone ? words.takeBack : words.letGo);
    text(status, alone ? seen(alone) : held ? words.resting : get("rules")?.sentence ? "" : words.notHeld);
    status.dataset.state = !alone ? "" : alone.problem ? "failed" : "connected";
    text(said, (alone?.said ?? []).join("\n"));
  }

  follow(["alone", "board", "rules"], tell);
  return el("div.trial", el("h3", words.try), el("p.faint", { id: hintId }, words.tryHint),
    el("div.line", toggle), status, said);
}

function seen(alone) {
  if (alone.problem) return told(alone.problem);
  if (!alone.label) return words.listening(alone.name);
  const sure = alone.probability === null ? "" : percent(alone.probability);
  return words.sees(alone.name, named(alone.label), named(alone.best_label), sure);
}
