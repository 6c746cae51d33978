// What one takes along as a file: photographs, the report, the model for elsewhere.

import { api } from "./api.js";
import { el } from "./dom.js";
import { attempt } from "./notices.js";
import { strings } from "./strings.js";

const words = strings.takeAlong;
const KEPT_MS = 10000; // a browser has begun to save it long before

export function takeAlong() {
  const what = el("select", { "aria-label": words.what },
    ...Object.entries(words.kinds).map(([value, name]) => el("option", { value }, name)));
  const button = el("button", {}, words.take);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const taken = await attempt(() => api.download(what.value));
    button.disabled = false;
    if (taken) save(taken);
  });
  return el("div", {}, el("h3", {}, words.title), el("div", { class: "actions" }, what, button));
}

function save({ name, content }) {
  const link = el("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
