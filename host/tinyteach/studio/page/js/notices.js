// What happened, with a way back where there is one: the number of what was deleted, or what to ask of the
// studio, as a name in `api` and what goes with it. Ways back are data, so that they outlive this page.

import { api } from "./api.js";
import { el } from "./dom.js";
import { strings } from "./strings.js";

const SHOWN_MS = 8000;
const SHOWN_MAX = 4;
const WAYS_BACK_MAX = 50;
const place = () => document.getElementById("notices");
const waysBack = []; // the newest last; Ctrl+Z takes it, also when its notice is gone

// What `putWaysBack` takes on the page that comes after this one.
export const waysNow = () => waysBack.map(({ undo }) => undo);
export const putWaysBack = (undos) => waysBack.unshift(...undos.map((undo) => ({ undo, close: () => null })));

function keepWay(way) {
  waysBack.push(way);
  if (waysBack.length > WAYS_BACK_MAX) waysBack.shift();
  return way;
}

// A way back by Ctrl+Z alone, where one sees without a notice what has changed; returns whether it is
// still there.
export function wayBack(undo) {
  const way = keepWay({ undo, close: () => null });
  return () => waysBack.includes(way);
}

// What is behind a dialog is neither seen nor pressed: notices stand in the one that is open.
function brought() {
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const wanted = dialog ?? document.body;
  if (place().parentElement !== wanted) wanted.append(place());
  dialog?.addEventListener("close", () => dialog.contains(place()) && brought(), { once: true });
  return place();
}

export function openDialog(dialog) {
  dialog.showModal();
  brought();
}

export function notice(sentence, { undo = null, isError = false } = {}) {
  const item = el("div", { class: isError ? "notice error" : "notice" }, el("span", sentence));
  const close = () => item.remove();
  if (undo) {
    const way = keepWay({ undo, close });
    item.append(el("button.quiet", { title: strings.undoKey, onclick: () => takeBack(way) }, strings.undo));
  } else forgetLike(item);
  item.append(el("button.quiet", { "aria-label": strings.dismiss, onclick: close }, "✕"));
  brought().append(item);
  while (place().childElementCount > SHOWN_MAX) place().firstElementChild.remove();
  setTimeout(close, isError ? 2 * SHOWN_MS : SHOWN_MS);
}

// The same once more is the same notice, of now.
function forgetLike(item) {
  for (const other of [...place().children]) {
    if (other.className === item.className && other.firstChild.textContent === item.textContent) other.remove();
  }
}

// A way back is gone once; it stays if that failed.
async function takeBack(way) {
  const at = waysBack.indexOf(way);
  if (at < 0) return;
  waysBack.splice(at, 1);
  try {
    const [action, ...more] = typeof way.undo === "string" ? ["undo", way.undo] : way.undo;
    const { photos, ids } = await api[action](...more);
    const count = photos ?? ids?.length;
    way.close();
    notice(typeof count === "number" ? strings.undone(count) : strings.undoneAll);
  } catch (error) {
    waysBack.push(way);
    notice(error.message, { isError: true });
  }
}

addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  if (event.target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea")) return;
  if (!waysBack.length) return;
  event.preventDefault();
  takeBack(waysBack.at(-1));
});

// Do something and show what went wrong; null then.
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    notice(error.message, { isError: true });
    return null;
  }
}
