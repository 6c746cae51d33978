// What happened, with a way back where there is one.

import { api } from "./api.js";
import { el } from "./dom.js";
import { strings } from "./strings.js";

const SHOWN_MS = 8000;
const place = () => document.getElementById("notices");

export function notice(sentence, { undo = null, isError = false } = {}) {
  const item = el("div", { class: isError ? "notice error" : "notice" }, el("span", {}, sentence));
  const close = () => item.remove();
  if (undo) {
    const back = () => attempt(() => api.undo(undo)).then((done) => {
      close();
      if (done) notice(strings.undone(done.photos));
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
