// Forms: what is missing is asked for at its field, and the field of a name is free for the next one as
// soon as it is sent.

import { el, newId, show, text } from "./dom.js";
import { attempt } from "./notices.js";

// Says at a field what is missing in it, as long as that is so.
export function askedFor(field) {
  const id = newId("ask");
  const element = el("p.ask", { id, role: "alert", hidden: true });
  field.setAttribute("aria-describedby", id);
  const tell = (sentence) => {
    text(element, sentence);
    show(element, sentence);
    field.setAttribute("aria-invalid", String(Boolean(sentence)));
  };
  return { element, tell };
}

// Emptied when it is sent: what is typed before the answer comes is the next name. A refused one comes
// back, if there is no other.
// `ask`, of `askedFor`, says `sentence` instead where there is no name.
export function sendsName(form, field, send, ask = null, sentence = "") {
  if (ask) field.addEventListener("input", () => ask.tell(""));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = field.value;
    if (ask && !name.trim()) {
      ask.tell(sentence);
      field.focus();
      return;
    }
    field.value = "";
    if ((await attempt(() => send(name))) === null && !field.value) field.value = name;
  });
}
