// Connect: which boards there are, what the held one sees, what the doctor says of it.

import { api } from "./api.js";
import { el, keep, panel, show, text } from "./dom.js";
import { onView } from "./live.js";
import { looksBox, looksOver } from "./looks.js";
import { attempt } from "./notices.js";
import { drawView } from "./picture.js";
import { sceneChooser } from "./scene.js";
import { follow, get } from "./store.js";
import { strings } from "./strings.js";
import { webcamSource } from "./webcam.js";

const words = strings.connect;
const LOOK_MS = 3000;
const BLACK = 16; // of 255: the brightest that nothing can be seen in
const isBlack = (pixels) => pixels.every((value) => value < BLACK);

export function connectPanel() {
  const canvas = el("canvas", { class: "view", width: 64, height: 64, role: "img", "aria-label": words.preview });
  const empty = el("p", { class: "over", role: "status" });
  let isVirtual = false;
  const screen = el("div", { class: "screen" }, canvas, looksOver(), empty);
  const rate = el("span", { class: "figure", id: "frame-rate" }, "–");
  const size = el("span", { class: "faint" });
  const status = el("p", { class: "status", id: "board-status" });
  const progress = el("progress", { max: 1, value: 0, "aria-label": words.pair });
  const boards = el("ul", { class: "rows", "aria-label": words.boards });
  const hint = el("p", { class: "faint" }, words.noBoards);
  const scene = sceneChooser();
  const findings = el("ul", { class: "findings", lang: "en" });
  const verdict = el("span", { role: "status" });
  const doctor = el("details", { hidden: true, open: true }, el("summary", {}, verdict), findings);
  const disconnect = el("button", { onclick: () => attempt(api.disconnect) }, words.disconnect);
  const examine = el("button", { "aria-label": words.doctorAll, title: words.doctorAll, onclick: () => runDoctor() }, words.doctor);
  const actions = el("div", { class: "actions" }, disconnect, examine);

  onView((view) => {
    drawView(canvas, view);
    text(rate, words.rate(view.frames_per_s));
    text(size, words.size(view.width, view.height));
    const black = isBlack(view.pixels);
    empty.classList.toggle("clear", black);
    if (black) text(empty, isVirtual ? words.nothingShown : words.black);
    show(empty, black);
  });

  function tellStatus() {
    const board = get("board");
    if (!board) return;
    const { status: state, sentence, facts } = board;
    const told = words.status[state];
    const name = facts.name ?? sentence;
    text(status, typeof told === "function" ? told(name) : told);
    status.dataset.state = state;
    const held = state === "connected";
    show(actions, state !== "none");
    const machine = facts.machine ?? get("alone")?.machine ?? "";
    isVirtual = machine.includes("virtual");
    scene.tell(Boolean(held || get("alone")) && isVirtual);
    const blind = get("sight") || (held && !facts.has_camera ? words.noCamera : "");
    show(empty, !held || blind);
    if (!held || blind) {
      empty.classList.remove("clear");
      text(empty, blind || sentence || status.textContent);
      text(rate, "–");
    }
  }

  const telling = () => {
    const step = get("pairing") ?? get("doctor");
    show(progress, Boolean(step));
    if (step) {
      progress.max = step.total || 1;
      progress.value = step.done;
    }
  };

  async function look() {
    const state = get("board")?.status;
    if (document.hidden || get("online") === false) return;
    const found = await api.boards().catch(() => null);
    if (!found) return;
    const listed = found.boards.filter((board) => board.port);
    if (!listed.some((board) => board.name === "virtual")) listed.push({ name: "virtual", port: "", kind: words.virtual, status: "" });
    const held = get("board")?.facts.port;
    for (const board of listed) board.held = Boolean(board.port) && board.port === held;
    keep(boards, listed, (board) => `${board.name} ${board.port} ${board.status} ${board.held}`, boardRow);
    show(hint, state !== "connected");
    scene.offer(found.objects);
  }

  function boardRow(board) {
    const isOff = !board.port;
    const isPaired = !board.status.includes("not paired");
    const label = isOff ? words.start : isPaired ? words.connect : words.pair;
    const run = isOff ? api.startVirtual : isPaired ? () => api.connect(board.name) : () => api.pair(board.name);
    const press = async (event) => {
      event.target.disabled = true;
      text(event.target, words.starting);
      await attempt(run);
      event.target.disabled = false;
      text(event.target, label);
      look();
    };
    const about = isOff ? "" : `${board.port} · ${board.status}`;
    return el("li", {},
      el("div", { class: "grow" }, el("strong", {}, board.name), el("div", { class: "faint" }, board.kind), about ? el("div", { class: "faint" }, about) : null),
      board.held ? el("span", { class: "tag" }, words.held) : el("button", { class: isOff ? "primary" : "", "aria-label": isOff ? words.startVirtual : `${label} ${board.name}`, onclick: press }, label));
  }

  async function runDoctor() {
    examine.disabled = true;
    const page = await attempt(() => api.doctor(get("board")?.facts.name ?? null));
    examine.disabled = false;
    if (!page) return;
    text(verdict, page.sentence);
    findings.replaceChildren(...page.findings.map((finding) =>
      el("li", { "data-status": finding.status },
        el("span", { class: "mark" }, words.doctorMarks[finding.status]),
        el("span", {}, el("strong", {}, finding.name), ` ${finding.line}`))));
    doctor.open = !page.healthy;
    show(doctor, true);
  }

  follow("board", tellStatus);
  follow("sight", tellStatus);
  follow("alone", tellStatus);
  follow("online", (online) => screen.classList.toggle("stale", online === false));
  follow("pairing", telling);
  follow("doctor", telling);
  follow("board", look);
  setInterval(look, LOOK_MS);

  return panel("connect", strings.steps.connect,
    screen,
    el("div", { class: "line" }, rate, size), looksBox(), webcamSource(screen),
    status, progress, actions, scene.element, doctor,
    el("h3", {}, words.boards), hint, boards);
}
