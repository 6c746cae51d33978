// Train: how good the head is, what is taken for what, what would help, the heads so far.

import { api, loaded } from "./api.js";
import { UNKNOWN } from "./colours.js";
import { el, keep, panel, progressBar, show, text } from "./dom.js";
import { isDoubtful } from "./filters.js";
import { attempt, notice } from "./notices.js";
import { follow, get, put } from "./store.js";
import { named, percent, strings, told, tongueOf } from "./strings.js";
import { SMALL } from "./thumbnails.js";

const words = strings.train;
const DIGITS = 12;
const WORST = 8;

export function trainPanel() {
  const status = el("p.status", { id: "train-status", role: "status" }, words.none);
  const progress = progressBar(strings.steps.train);
  const figure = el("strong.big", { id: "accuracy" }, "–");
  const interval = el("p.faint", words.untested);
  const matrix = el("div.matrix");
  const worst = el("div.worst");
  const worth = el("div", el("h3", words.worst), el("p.faint", words.worstHint), worst);
  const enough = el("ul.advice", { id: "enough" });
  const advice = el("ul.advice", { id: "advice" });
  const heads = el("ul.rows", { id: "heads" });
  const compared = el("p.faint", { role: "status" }, words.compareHint);
  const again = el("button.quiet", { onclick: () => trainAgain() }, words.again);
  const picked = [];
  const details = el("div", { hidden: true },
    el("h3", words.confusion), el("p.faint", words.confusionHint), matrix,
    el("h3", words.enough), enough,
    el("h3", words.advice), advice,
    worth);
  let shown = "";

  follow("training", async (training) => {
    const state = training.status === "done" && training.fit_s !== null ? words.done(training.fit_s) : words.status[training.status];
    const isEmpty = training.status === "waiting" && filled() < 2;
    text(status, isEmpty ? words.none : training.sentence ? told(training.sentence) : state);
    status.dataset.state = training.status;
    progress.tell(training, ["fitting", "testing"].includes(training.status), training.status === "done");
    const fingerprint = training.result?.fingerprint;
    if (fingerprint && fingerprint !== shown && training.status === "done") {
      shown = fingerprint;
      const report = await attempt(api.report);
      if (report) tellReport(report);
    }
  });

  let dialog = null;
  const openPhotos = (name, photos) => attempt(async () => {
    dialog ??= loaded("photodialog").then(({ photoDialog }) => photoDialog(section));
    (await dialog).open(name, photos);
  });

  function tellReport(report) {
    text(figure, report.accuracy === null ? "–" : percent(report.accuracy));
    text(interval, report.interval ? words.interval(...report.interval) : words.untested);
    matrix.replaceChildren(confusionTable(report, openPhotos));
    const doubtful = report.worst.filter((photo) => isDoubtful(photo, report)).slice(0, WORST);
    show(worth, doubtful.length);
    worst.replaceChildren(...doubtful.map((photo) => thumb(photo, openPhotos)));
    for (const [list, sentences] of [[enough, [...(report.enough?.sentences ?? []), ...(report.sources?.sentences ?? [])]], [advice, report.advice]])
      list.replaceChildren(...sentences.map((sentence) => el("li", { lang: tongueOf(sentence) }, told(sentence))));
    show(details, true);
    put("report", report);
  }

  function tellHeads() {
    const all = get("heads") ?? [];
    const onBoard = get("board")?.facts.head?.slice(0, DIGITS);
    keep(heads, all.slice(0, 10).map((head) => ({ ...head, onBoard: head.fingerprint === onBoard })),
      (head) => `${head.fingerprint} ${head.time} ${head.current} ${head.onBoard} ${head.problem}`, headRow);
  }

  function headRow(head) {
    if (head.problem) return el("li", el("div.grow", told(head.problem)));
    const pick = el("input", { type: "checkbox", "aria-label": words.pick(head.fingerprint) });
    pick.addEventListener("change", () => choose(pick, head.fingerprint));
    const marks = [head.current ? words.current : "", head.onBoard ? words.onBoard : ""].filter(Boolean);
    const deploy = el("button.quiet", { "aria-label": words.deployThis(head.fingerprint), onclick: () => attempt(() => api.deploy(head.fingerprint)) }, words.deployShort);
    return el("li", pick,
      el("div.grow",
        el("div", el("code", head.fingerprint), " ", ...marks.map((mark) => el("span.tag", mark))),
        el("div.faint", words.head(head))),
      deploy);
  }

  async function choose(box, fingerprint) {
    if (box.checked) picked.push({ box, fingerprint });
    else picked.splice(picked.findIndex((each) => each.box === box), 1);
    if (picked.length > 2) picked.shift().box.checked = false;
    if (picked.length < 2) return text(compared, words.compareHint);
    const [after, before] = picked.map((each) => each.fingerprint).sort(newestFirst);
    const result = await attempt(() => api.compare(before, after));
    return result && text(compared, told(result.sentence));
  }

  const newestFirst = (a, b) => place(a) - place(b);
  const place = (fingerprint) => get("heads").findIndex((head) => head.fingerprint === fingerprint);

  follow(["heads", "board"], tellHeads);

  const section = panel("train", strings.steps.train,
    status, progress.element,
    el("div.line.accuracy", figure, el("span.grow", words.accuracy), again),
    interval, details,
    el("details", el("summary", words.history), heads, compared));
  return section;
}

// Classes that there is something of.
const filled = () => (get("project")?.classes ?? [])
  .filter((each) => each.name !== UNKNOWN && (each.photos || each.learnt)).length;

function trainAgain() {
  if (filled() < 2) notice(words.nothing(filled()));
  else attempt(api.train);
}

function confusionTable(report, open) {
  const { labels, confusion } = report;
  const cell = (row, column) => {
    const count = confusion[row][column];
    if (!count) return el("td.none", "·");
    const title = words.cell(count, named(labels[row]), named(labels[column]));
    const found = report.tested.filter((photo) => photo.label === labels[row] && photo.predicted === labels[column]);
    return el("td", { class: row === column ? "right" : "wrong" },
      el("button", { titled: title, onclick: () => open(title, found) }, String(count)));
  };
  return el("table",
    el("thead", el("tr", el("td"), ...labels.map((label) => el("th", { scope: "col" }, el("span", named(label)))))),
    el("tbody", ...labels.map((label, row) =>
      el("tr", el("th", { scope: "row" }, named(label)), ...labels.map((_, column) => cell(row, column))))));
}

export const taken = ({ label, predicted, probability }) => words.taken(named(label), named(predicted), probability);

function thumb(photo, open) {
  const title = taken(photo);
  return el("button", { class: photo.label === photo.predicted ? "thumb" : "thumb wrong", titled: title, onclick: () => open(title, [photo]) },
    el("img", { src: api.picture(photo.name, SMALL), width: 44, height: 44, loading: "lazy", alt: "" }));
}
