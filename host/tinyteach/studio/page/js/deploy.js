// Deploy: the newest head onto the board, which one is at work there, the one before.

import { api } from "./api.js";
import { el, panel, progressBar, show, text } from "./dom.js";
import { attempt } from "./notices.js";
import { follow, get } from "./store.js";
import { strings, told } from "./strings.js";
import { takeAlong } from "./takealong.js";

const words = strings.deploy;
const DIGITS = 12;

export function deployPanel() {
  const status = el("p.status", { id: "deploy-status", role: "status" });
  const onBoard = el("p.faint", { id: "on-board" });
  const progress = progressBar(words.deploy);
  const deploy = el("button.primary.wide", { onclick: () => attempt(() => api.deploy()) }, words.deploy);
  const rollback = el("button", { onclick: () => attempt(() => api.rollback()) }, words.rollback);

  function tell() {
    const { status: state, facts } = get("board") ?? { facts: {} };
    const held = state === "connected";
    const head = get("preview")?.head;
    const sent = get("deploying") ?? { status: "idle" };
    const isSending = sent.status === "sending";
    deploy.disabled = !held || !head?.tested || isSending || head.fingerprint === facts.head;
    rollback.disabled = !held || !facts.previous_head || isSending;
    progress.tell(sent, isSending, sent.status === "done");
    text(onBoard, !held ? "" : facts.labels.length ? words.onBoard(facts.head.slice(0, DIGITS), facts.labels) : words.untaught);
    text(status, sentence(sent, held, head, facts));
    status.dataset.state = sent.status !== "done" || isOf(sent, head, facts) ? sent.status : "idle";
  }

  follow(["board", "preview", "deploying"], tell);
  return panel("deploy", strings.steps.deploy, deploy, progress.element, status, onBoard, el("div.actions", rollback), takeAlong());
}

// In the header, always in sight: how the board's head differs from the newest one, one press to make
// them equal.
export function boardAgainstHere() {
  const told = el("span");
  const button = el("button.primary", { onclick: () => attempt(() => api.deploy()) }, words.short);
  const element = el("p.against", { role: "status", hidden: true }, told, button);

  function tell() {
    const { status, facts } = get("board") ?? { facts: {} };
    const { head, lesson } = get("preview") ?? {};
    show(element, status === "connected" && head?.tested && facts.kind !== "module");
    if (element.hidden) return;
    const isSame = head.fingerprint === facts.head;
    text(told, isSame ? words.same : difference(head.labels, facts, lesson));
    show(button, !isSame);
    button.disabled = get("deploying")?.status === "sending";
  }

  follow(["board", "preview", "deploying"], tell);
  return element;
}

function difference(labels, facts, lesson) {
  const lacks = labels.filter((label) => !facts.labels.includes(label));
  const has = facts.labels.filter((label) => !labels.includes(label));
  if (!facts.labels.length) return words.untaught;
  if (lesson && lesson === facts.head) return words.lesson;
  if (lacks.length) return words.lacks(lacks);
  return has.length ? words.hasMore(has) : words.older;
}

// Whether what was done last is how it is now: the board is there with that head, and no newer one is here.
const isOf = ({ fingerprint, bytes }, head, facts) =>
  fingerprint === facts.head && (bytes === undefined || fingerprint === head?.fingerprint);

function sentence(sent, held, head, facts) {
  if (sent.status === "sending") return words.sending(sent.done, sent.total);
  if (sent.status === "interrupted") return words.interrupted;
  if (sent.status === "failed") return told(sent.sentence);
  if (!held) return words.noBoard;
  if (!head) return words.nothing;
  if (sent.status === "done" && isOf(sent, head, facts)) {
    return sent.bytes === undefined ? words.rolledBack : words.done(sent.bytes, sent.deploy_s);
  }
  return head.fingerprint === facts.head ? words.newest : head.tested ? words.waiting : "";
}
