// Connect: which boards there are, what the held one sees, what the doctor says of it.

import { api, loaded } from "./api.js";
import { el, keep, panel, progressBar, show, text } from "./dom.js";
import { onView } from "./live.js";
import { looksBox, looksOver } from "./looks.js";
import { attempt } from "./notices.js";
import { drawView } from "./picture.js";
import { follow, get, put } from "./store.js";
import { strings, told } from "./strings.js";
import { webcamSource } from "./webcam.js";

const words = strings.connect;
const LOOK_MS = 3000;
const BLACK = 16; // of 255: the brightest that nothing can be seen in
const isBlack = (pixels) => pixels.every((value) => value < BLACK);

export function connectPanel() {
  const canvas = el("canvas.view", { width: 64, height: 64, role: "img", "aria-label": words.preview });
  const empty = el("p.over", { role: "status" });
  let isVirtual = false;
  const screen = el("div.screen", canvas, looksOver(), empty);
  const rate = el("span.figure", { id: "frame-rate" }, "–");
  const size = el("span.faint");
  const status = el("p.status", { id: "board-status" });
  const progress = progressBar(words.pair);
  const boards = el("ul.rows", { "aria-label": words.boards });
  const hint = el("p.faint", words.noBoards);
  const scene = el("div", { hidden: true });
  let chooser = null;
  let isWell = false;
  const findings = el("ul.findings");
  const verdict = el("span", { role: "status" });
  const doctor = el("details", { hidden: true, open: true }, el("summary", verdict), findings);
  const disconnect = el("button", { onclick: () => attempt(api.disconnect) }, words.disconnect);
  const examine = el("button", { titled: words.doctorAll, onclick: () => runDoctor() }, words.doctor);
  const actions = el("div.actions", disconnect, examine);

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
    const said = words.status[state];
    const name = facts.name ?? words.busyWith[sentence] ?? sentence;
    text(status, typeof said === "function" ? said(name) : said);
    status.dataset.state = state;
    const held = state === "connected";
    show(actions, state !== "none");
    if (isWell && !held && state !== "busy") show(doctor, false); // of a board that was well and is gone
    const machine = facts.machine ?? get("alone")?.machine ?? "";
    isVirtual = machine.includes("virtual");
    tellScene(Boolean(held || get("alone")) && isVirtual);
    const blind = get("sight") || (held && !facts.has_camera ? words.noCamera : "");
    show(empty, !held || blind);
    if (!held || blind) {
      empty.classList.remove("clear");
      text(empty, told(blind || (state === "busy" ? "" : sentence)) || status.textContent);
      text(rate, "–");
    }
  }

  function tellScene(isThere) {
    if (isThere) chooser ??= attempt(async () => (await loaded("scene")).sceneChooser(scene));
    chooser?.then((there) => there?.tell(isThere));
  }

  const telling = () => {
    const step = get("pairing") ?? get("doctor");
    show(progress.element, Boolean(step));
    if (step) progress.tell(step, true);
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
    put("objects", found.objects);
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
    const about = isOff ? "" : `${board.port} · ${told(board.status)}`;
    return el("li",
      el("div.grow", el("strong", board.name), el("div.faint", told(board.kind)), about ? el("div.faint", about) : null),
      board.held ? el("span.tag", words.held) : el("button", { class: isOff ? "primary" : "", "aria-label": isOff ? words.startVirtual : `${label} ${board.name}`, onclick: press }, label));
  }

  async function runDoctor() {
    examine.disabled = true;
    const page = await attempt(() => api.doctor(get("board")?.facts.name ?? null));
    examine.disabled = false;
    if (!page) return;
    const faults = page.findings.filter((finding) => finding.status === "fix");
    text(verdict, page.healthy ? words.doctorWell : words.doctorFaults(faults.length, told(faults[0].name)));
    findings.replaceChildren(...page.findings.map((finding) =>
      el("li", { "data-status": finding.status },
        el("span.mark", words.doctorMarks[finding.status]),
        el("span", el("strong", told(finding.name)), ` ${told(finding.line)}`))));
    isWell = page.healthy;
    doctor.open = !isWell;
    show(doctor, true);
  }

  follow(["board", "sight", "alone"], tellStatus);
  follow("online", (online) => screen.classList.toggle("stale", online === false));
  follow(["pairing", "doctor"], telling);
  follow("board", look);
  setInterval(look, LOOK_MS);

  return panel("connect", strings.steps.connect,
    screen,
    el("div.line", rate, size), looksBox(), webcamSource(screen),
    status, progress.element, actions, scene, doctor,
    el("h3", words.boards), hint, boards);
}
