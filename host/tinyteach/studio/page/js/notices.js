// What happened, with a way back where there is one: the number of what was deleted, or what to do.

import { api } from "./api.js";
import { el } from "./dom.js";
import { strings } from "./strings.js";

const SHOWN_MS = 8000;
const WAYS_BACK_MAX = 50;
const place = () => document.getElementById("notices");
const waysBack = []; // the newest last; Ctrl+Z takes it, also when its notice is gone

export function notice(sentence, { undo = null, isError = false } = {}) {
  const item = el("div", { class: isError ? "notice error" : "notice" }, el("span", {}, sentence));
  const close = () => item.remove();
  if (undo) {
    const goBack = typeof undo === "function" ? undo : () => api.undo(undo).then((done) => done.photos);
    const way = { back: () => takeBack(way, goBack, close) };
    waysBack.push(way);
    if (waysBack.length > WAYS_BACK_MAX) waysBack.shift();
    item.append(el("button", { class: "quiet", title: strings.undoKey, onclick: way.back }, strings.undo));
  }
  item.append(el("button", { class: "quiet", "aria-label": strings.dismiss, onclick: close }, "✕"));
  place().append(item);
  while (place().childElementCount > 4) place().firstElementChild.remove();
  setTimeout(close, isError ? 2 * SHOWN_MS : SHOWN_MS);
}

// A way back is gone once; it stays if that failed.
async function takeBack(way, goBack, close) {
  const at = waysBack.indexOf(way);
  if (at < 0) return;
  waysBack.splice(at, 1);
  try {
    const photos = await goBack();
    close();
    notice(typeof photos === "number" ? strings.undone(photos) : strings.undoneAll);
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
  waysBack.at(-1).back();
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
