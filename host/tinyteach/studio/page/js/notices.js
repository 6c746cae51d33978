// What happened, with a way back where there is one: the number of what was deleted, or what to do.

import { api } from "./api.js";
import { el } from "./dom.js";
import { strings } from "./strings.js";

const SHOWN_MS = 8000;
const place = () => document.getElementById("notices");

export function notice(sentence, { undo = null, isError = false } = {}) {
  const item = el("div", { class: isError ? "notice error" : "notice" }, el("span", {}, sentence));
  const close = () => item.remove();
  if (undo) {
    const goBack = typeof undo === "function" ? undo : () => api.undo(undo).then((done) => done.photos);
    const back = () => attempt(goBack).then((photos) => {
      close();
      if (photos !== null) notice(strings.undone(photos));
    });
    item.append(el("button", { class: "quiet", onclick: back }, strings.undo));
  }
  item.append(el("button", { class: "quiet", "aria-label": strings.dismiss, onclick: close }, "✕"));
  place().append(item);
  while (place().childElementCount > 4) place().firstElementChild.remove();
  setTimeout(close, isError ? 2 * SHOWN_MS : SHOWN_MS);
}

// Do something and show what went wrong; null then.
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    notice(error.message, { isError: true });
    return null;
  }
}
