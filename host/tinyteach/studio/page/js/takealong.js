// What one takes along as a file: photographs, the report, the model for elsewhere.

import { api } from "./api.js";
import { el, show } from "./dom.js";
import { attempt } from "./notices.js";
import { follow } from "./store.js";
import { strings, told, tongueOf } from "./strings.js";

const words = strings.takeAlong;
const KEPT_MS = 10000; // a browser has begun to save it long before

export function takeAlong() {
  const what = el("select", { "aria-label": words.what },
    ...Object.entries(words.kinds).map(([value, name]) => el("option", { value }, name)));
  const button = el("button", words.take);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const taken = await attempt(() => api.download(what.value));
    button.disabled = false;
    if (taken) save(taken);
  });
  const hint = el("p.faint", { hidden: true });
  follow("project", once(() => offer(what, hint)));
  return el("div", el("h3", words.title), el("div.actions", what, button), hint);
}

// What cannot be made here is not offered, and what is missing stands below.
async function offer(what, hint) {
  const found = await attempt(api.downloads);
  const missing = Object.entries(found?.missing ?? {}).filter(([, sentence]) => sentence);
  for (const [runtime] of missing) [...what.options].find(({ value }) => value === runtime).disabled = true;
  hint.replaceChildren(...missing.map(([, sentence]) => el("span", { lang: tongueOf(sentence) }, `${told(sentence)} `)));
  show(hint, missing.length);
}

function once(act) {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

function save({ name, content }) {
  const link = el("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
