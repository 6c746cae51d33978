// A form that sends a name: its field is free for the next one as soon as it is sent.

import { attempt } from "./notices.js";

// Emptied when it is sent, not when the answer comes: what was typed meanwhile is the next name.
// A refused name comes back, unless there is already another.
export function sendsName(form, field, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = field.value;
    field.value = "";
    if ((await attempt(() => send(name))) === null && !field.value) field.value = name;
  });
}
