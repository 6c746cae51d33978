// Requests to the studio. Addresses are relative: its folder is the first of this page's own.

import { get } from "./store.js";
import { learn, strings, told } from "./strings.js";

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
    throw new Error(strings.failed);
  }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw await failure(value);
  await learn(value);
  return value;
}

// What an answer that is an error says, as this page says it; `sentence` is as the studio did.
async function failure(answer) {
  await learn(answer);
  const sentence = answer.error?.sentence;
  return Object.assign(new Error(told(sentence) ?? strings.failed), { sentence });
}

// A file to keep: its name and content.
async function file(address) {
  const answer = await fetch(address, about()).catch(() => null);
  if (!answer?.ok) throw await failure((await answer?.json().catch(() => null)) ?? {});
  const name = decodeURIComponent(answer.headers.get("content-disposition").split("''")[1]);
  return { name, content: await answer.blob() };
}

// Whether a studio runs and does not let this page in: it is another one, started since.
export async function isRefused() {
  try {
    return (await fetch(".")).status === 403;
  } catch {
    return false;
  }
}

// A part of the page that is seldom needed, which is loaded then.
export const loaded = (name) => import(`./${name}.js`).catch(() => {
  throw new Error(strings.failed);
});

const part = encodeURIComponent;
const [read, post, put, patch, drop] = ["GET", "POST", "PUT", "PATCH", "DELETE"].map(
  (method) => (address, ...body) => ask(method, `api/${address}`, ...body));

export const api = {
  boards: () => read("boards"),
  connect: (board) => post("board/connect", { board }),
  disconnect: () => post("board/disconnect"),
  pair: (board) => post("board/pair", { board }),
  doctor: (board) => post("board/doctor", { board }),
  threshold: (probability) => put("board/threshold", { probability }),
  deploy: (fingerprint = null) => post("board/deploy", { fingerprint }),
  rollback: (head = null) => post("board/rollback", { head }),
  addRule: (rule) => post("board/rules", rule),
  removeRule: (number) => drop(`board/rules/${number}`),
  clearRules: () => drop("board/rules"),
  undoRules: (undo) => post("board/rules/undo", { undo }),
  alone: (on) => put("board/alone", { on }),
  teach: (name, afresh) => post("board/teach", { class: name, afresh }),
  forget: (name) => post("board/forget", { class: name }),
  pull: () => post("board/pull"),
  startVirtual: () => post("virtual/start"),
  showVirtual: (object, board) => post("virtual/show", { object, board }),
  showView: (picture, board) => put(`virtual/view${board ? `?board=${part(board)}` : ""}`, picture, false),
  projects: () => read("projects"),
  makeProject: (name) => post("projects", { name }),
  openProject: (name) => post("projects/open", { name }),
  copyProject: (project, name) => post("projects/duplicate", { project, name }),
  webcam: (picture) => put("webcam", picture, false),
  addClass: (name) => post("classes", { name }),
  orderClasses: (names) => put("classes", { names }),
  changeClass: (name, change) => patch(`classes/${part(name)}`, change),
  deleteClass: (name) => drop(`classes/${part(name)}`),
  // Of a photograph whose time is known the browser may keep it.
  picture: (id, side, time) => `api/photos/picture?id=${part(id)}&side=${side}${time ? `&time=${part(time)}` : ""}`,
  deletePhotos: (ids) => post("photos/delete", { ids }),
  movePhotos: (ids, name) => post("photos/move", { ids, class: name }),
  undo: (undo) => post("undo", { undo }),
  correct: (view, name) => post("correct", { view, class: name }),
  beginUpload: () => post("uploads"),
  sendFile: (upload, name, file) => put(`uploads/${upload}?name=${part(name)}`, file, false),
  importUpload: (upload) => post(`uploads/${upload}`),
  dropUpload: (upload) => drop(`uploads/${upload}`),
  download: (what) => file(`api/download/${what}`),
  downloads: () => read("download"),
  train: () => post("train"),
  report: () => read("report"),
  compare: (before, after) => read(`heads/compare?before=${before}&after=${after}`),
};
