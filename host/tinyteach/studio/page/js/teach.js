// Teach on the board: it learns by itself, forgets, and what it knows goes on into the project.

import { api } from "./api.js";
import { colourOf, paint } from "./colours.js";
import { el, keep, newId, panel, show, text } from "./dom.js";
import { askedFor, sendsName } from "./forms.js";
import { attempt, notice } from "./notices.js";
import { follow, get } from "./store.js";
import { strings } from "./strings.js";

const words = strings.teach;
const BUSY = ["recording", "learning", "pulling"];

export function teachPanel() {
  const list = el("ul", { class: "rows", id: "taught", "aria-label": words.list });
  const empty = el("p", { class: "empty small" });
  const status = el("p", { class: "status", id: "teach-status", role: "status" });
  const progress = el("progress", { max: 1, value: 0, "aria-label": words.progress });
  const namesId = newId("names");
  const names = el("datalist", { id: namesId });
  const name = el("input", { maxlength: 63, placeholder: strings.classes.placeholder, autocomplete: "off", "aria-label": words.name, list: namesId });
  const afresh = el("input", { type: "checkbox" });
  const teach = el("button", { class: "primary" }, words.teach);
  const ask = askedFor(name);
  const form = el("form", {}, el("div", { class: "line" }, name, names, teach), ask.element,
    el("label", { class: "line faint" }, afresh, words.afresh));
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
    const label = el("strong", {}, className);
    const count = el("div", { class: "faint" });
    const more = el("button", { "aria-label": words.moreOf(className), onclick: () => attempt(() => learn(className, false)) }, words.more);
    const forget = el("button", { class: "quiet", "aria-label": words.forgetOf(className) }, words.forget);
    forget.addEventListener("click", async () => {
      const forgotten = await attempt(() => api.forget(className));
      if (forgotten) notice(words.forgotten(className), wayBack(forgotten));
    });
    const item = el("li", { class: "of-class", "data-taught": className }, el("div", { class: "grow" }, label, count), more, forget);
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
    text(empty, taught ? taught.sentence || words.none : get("alone") ? words.isAlone : words.noBoard);
    name.disabled = afresh.disabled = teach.disabled = !isFree;
    pull.disabled = !isFree || !classes.some((each) => each.examples);
    progress.max = state.total || 1;
    progress.value = state.status === "learning" ? progress.max : state.done ?? 0;
    progress.classList.toggle("resting", !isBusy);
    text(status, sentence(state, isFree));
    status.dataset.state = isBusy ? "sending" : isFree && state.status === "done" ? "done" : state.status;
  }

  for (const part of ["taught", "teaching", "board", "alone"]) follow(part, tell);
  follow("project", (project) => {
    keep(names, project.classes, (each) => each.name, (each) => el("option", { value: each.name }));
    tell();
  });
  return panel("teach", strings.steps.teach,
    el("p", { class: "faint" }, words.hint),
    form, progress, status, empty, list,
    el("h3", {}, words.home), el("p", { class: "faint" }, words.homeHint),
    el("div", { class: "actions" }, pull));
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
  if (state.status === "failed") return state.sentence;
  return isFree ? words.ready : "";
}
