// Teach on the board: it learns by itself, forgets, and what it knows goes on into the project.

import { api } from "./api.js";
import { UNKNOWN, colourOf, paint } from "./colours.js";
import { el, keep, newId, panel, progressBar, show, text } from "./dom.js";
import { askedFor, sendsName } from "./forms.js";
import { attempt, notice } from "./notices.js";
import { follow, get } from "./store.js";
import { strings, told } from "./strings.js";

const words = strings.teach;
const BUSY = ["recording", "learning", "pulling"];

export function teachPanel() {
  const list = el("ul.rows", { id: "taught", "aria-label": words.list });
  const empty = el("p.empty.small");
  const status = el("p.status", { id: "teach-status", role: "status" });
  const progress = progressBar(words.progress);
  const namesId = newId("names");
  const names = el("datalist", { id: namesId });
  const name = el("input", { maxlength: 63, placeholder: strings.classes.placeholder, autocomplete: "off", "aria-label": words.name, list: namesId });
  const afresh = el("input", { type: "checkbox" });
  const teach = el("button.primary", words.teach);
  const ask = askedFor(name);
  const form = el("form", el("div.line", name, names, teach), ask.element,
    el("label.line.faint", afresh, words.afresh));
  const pull = el("button", { onclick: bringHome }, words.pull);

  sendsName(form, name, async (className) => {
    await learn(className, afresh.checked);
    afresh.checked = false;
  }, ask, words.whichClass);

  async function learn(className, isAfresh) {
    const taught = await api.teach(className, isAfresh);
    notice(words.learnt(taught.class_name, taught.frames, taught.examples), wayBack(taught));
  }

  function row({ name: className }) {
    const label = el("strong", className);
    const count = el("div.faint");
    const more = el("button", { "aria-label": words.moreOf(className), onclick: () => attempt(() => learn(className, false)) }, words.more);
    const forget = el("button.quiet", { "aria-label": words.forgetOf(className) }, words.forget);
    forget.addEventListener("click", async () => {
      const forgotten = await attempt(() => api.forget(className));
      if (forgotten) notice(words.forgotten(className), wayBack(forgotten));
    });
    const item = el("li.of-class", { "data-taught": className }, el("div.grow", label, count), more, forget);
    item.update = ({ examples, most, isFree, isLast }) => {
      paint(item, colourOf(className));
      text(count, examples ? words.examples(examples, most) : words.noExamples);
      more.disabled = !isFree || !examples || examples >= most;
      forget.disabled = !isFree || !examples || isLast;
    };
    return item;
  }

  function tell() {
    const taught = get("taught");
    const state = get("teaching") ?? { status: "idle" };
    const isBusy = BUSY.includes(state.status);
    const isFree = !isBusy && get("board")?.status === "connected" && !taught?.sentence;
    const classes = taught?.classes ?? [];
    keep(list, classes, (each) => each.name, row, (item, each) =>
      item.update({ ...each, most: taught.most, isFree, isLast: classes.length === 1 }));
    show(empty, !classes.length);
    text(empty, taught ? told(taught.sentence) || words.none : get("alone") ? words.isAlone : words.noBoard);
    name.disabled = afresh.disabled = teach.disabled = !isFree;
    pull.disabled = !isFree || !classes.some((each) => each.examples);
    progress.tell(state, isBusy, state.status === "learning");
    text(status, sentence(state, isFree));
    status.dataset.state = isBusy ? "sending" : isFree && state.status === "done" ? "done" : state.status;
  }

  follow(["taught", "teaching", "board", "alone"], tell);
  follow("project", (project) => {
    const known = project.classes.filter((each) => each.name !== UNKNOWN);
    keep(names, known, (each) => each.name, (each) => el("option", { value: each.name }));
    tell();
  });
  return panel("teach", strings.steps.teach,
    el("p.faint", words.hint),
    form, progress.element, status, empty, list,
    el("h3", words.home), el("p.faint", words.homeHint),
    el("div.actions", pull));
}

// The head that the board had before is still on it, where there was one.
const wayBack = ({ fingerprint, can_undo: can }) =>
  ({ undo: can && ["rollback", fingerprint] });

async function bringHome() {
  const pulled = await attempt(api.pull);
  if (!pulled) return;
  const counts = Object.entries(pulled.examples).filter(([, count]) => count);
  notice(counts.length ? words.pulled(counts) : words.nothingNew);
  if (pulled.unsorted) notice(words.unsorted(pulled.unsorted));
}

function sentence(state, isFree) {
  if (state.status === "recording") return words.recording(state.class, state.done, state.total);
  if (state.status === "learning") return words.learning(state.class);
  if (state.status === "pulling") return words.pulling(state.done, state.total);
  if (state.status === "failed") return told(state.sentence);
  return isFree ? words.ready : "";
}
