// Requests to the studio. Addresses are relative: its folder is the first of this page's own.

import { get } from "./store.js";
import { strings } from "./strings.js";

export class StudioError extends Error {}

// Of which project this page is: what it asks is not meant for another that the studio has gone to.
function about() {
  try {
    return { headers: { "TinyTeach-Project": encodeURIComponent(get("project")?.folder ?? "") } };
  } catch {
    return {}; // a folder's name that no encoding has
  }
}

const underWay = new Set();

// Once all that was asked is answered.
export const settled = () => Promise.allSettled([...underWay]);

function ask(...request) {
  const answer = answered(...request);
  const end = () => underWay.delete(answer);
  underWay.add(answer);
  answer.then(end, end);
  return answer;
}

async function answered(method, address, body, isJson = true) {
  const options = { method, ...about() };
  if (body !== undefined) options.body = isJson ? JSON.stringify(body) : body;
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new StudioError(strings.failed);
  }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new StudioError(value.error?.sentence ?? strings.failed);
  return value;
}

// A file to keep: its name and content.
async function file(address) {
  const answer = await fetch(address, about()).catch(() => null);
  if (!answer?.ok) throw new StudioError((await answer?.json().catch(() => null))?.error?.sentence ?? strings.failed);
  const name = decodeURIComponent(answer.headers.get("content-disposition").split("''")[1]);
  return { name, content: await answer.blob() };
}

// Why the studio does not let this page in any more; "" where it does, or does not answer.
export async function refusal() {
  try {
    const answer = await fetch(".");
    return answer.status === 403 ? (await answer.json()).error.sentence : "";
  } catch {
    return "";
  }
}

const part = encodeURIComponent;

export const api = {
  boards: () => ask("GET", "api/boards"),
  connect: (board) => ask("POST", "api/board/connect", { board }),
  disconnect: () => ask("POST", "api/board/disconnect"),
  pair: (board) => ask("POST", "api/board/pair", { board }),
  doctor: (board) => ask("POST", "api/board/doctor", { board }),
  threshold: (probability) => ask("PUT", "api/board/threshold", { probability }),
  deploy: (fingerprint = null) => ask("POST", "api/board/deploy", { fingerprint }),
  rollback: (head = null) => ask("POST", "api/board/rollback", { head }),
  addRule: (rule) => ask("POST", "api/board/rules", rule),
  removeRule: (number) => ask("DELETE", `api/board/rules/${number}`),
  clearRules: () => ask("DELETE", "api/board/rules"),
  undoRules: (undo) => ask("POST", "api/board/rules/undo", { undo }),
  alone: (on) => ask("PUT", "api/board/alone", { on }),
  teach: (name, afresh) => ask("POST", "api/board/teach", { class: name, afresh }),
  forget: (name) => ask("POST", "api/board/forget", { class: name }),
  pull: () => ask("POST", "api/board/pull"),
  startVirtual: () => ask("POST", "api/virtual/start"),
  showVirtual: (object, board) => ask("POST", "api/virtual/show", { object, board }),
  showView: (picture, board) =>
    ask("PUT", `api/virtual/view${board ? `?board=${part(board)}` : ""}`, picture, false),
  projects: () => ask("GET", "api/projects"),
  makeProject: (name) => ask("POST", "api/projects", { name }),
  openProject: (name) => ask("POST", "api/projects/open", { name }),
  copyProject: (project, name) => ask("POST", "api/projects/duplicate", { project, name }),
  webcam: (picture) => ask("PUT", "api/webcam", picture, false),
  addClass: (name) => ask("POST", "api/classes", { name }),
  orderClasses: (names) => ask("PUT", "api/classes", { names }),
  changeClass: (name, change) => ask("PATCH", `api/classes/${part(name)}`, change),
  deleteClass: (name) => ask("DELETE", `api/classes/${part(name)}`),
  // Of a photograph whose time is known the browser may keep it.
  picture: (id, side, time) => `api/photos/picture?id=${part(id)}&side=${side}${time ? `&time=${part(time)}` : ""}`,
  deletePhotos: (ids) => ask("POST", "api/photos/delete", { ids }),
  movePhotos: (ids, name) => ask("POST", "api/photos/move", { ids, class: name }),
  undo: (undo) => ask("POST", "api/undo", { undo }),
  correct: (view, name) => ask("POST", "api/correct", { view, class: name }),
  beginUpload: () => ask("POST", "api/uploads"),
  sendFile: (upload, name, file) =>
    ask("PUT", `api/uploads/${upload}?name=${part(name)}`, file, false),
  importUpload: (upload) => ask("POST", `api/uploads/${upload}`),
  dropUpload: (upload) => ask("DELETE", `api/uploads/${upload}`),
  download: (what) => file(`api/download/${what}`),
  downloads: () => ask("GET", "api/download"),
  train: () => ask("POST", "api/train"),
  report: () => ask("GET", "api/report"),
  compare: (before, after) => ask("GET", `api/heads/compare?before=${before}&after=${after}`),
};
