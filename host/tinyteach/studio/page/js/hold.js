// A button that records while it is held: by mouse, touch, Space, Enter, or a key of its own.

import { letGo, record } from "./live.js";
import { follow } from "./store.js";

const holders = [];

export function holdButton(button, name) {
  let held = false;
  const press = () => {
    if (!held && !button.disabled) held = record(name());
    button.classList.toggle("held", held);
  };
  const release = () => {
    if (held) letGo();
    held = false;
    button.classList.remove("held");
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    press();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
    button.addEventListener(end, release);
  }
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) press();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key === " " || event.key === "Enter") release();
  });
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch
  follow("online", (online) => online || release());
  holders.push({ button, press, release });
}

// The keys 1 to 9 hold the first nine buttons, wherever the focus is but in a field.
const inField = (target) => target.closest?.("input, textarea, select, dialog");
const holderOf = (key) => {
  const shown = holders.filter(({ button }) => button.isConnected);
  shown.sort((a, b) => (a.button.compareDocumentPosition(b.button) & 4 ? -1 : 1));
  return /^[1-9]$/.test(key) ? shown[Number(key) - 1] : undefined;
};
addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  holderOf(event.key)?.press();
});
addEventListener("keyup", (event) => holderOf(event.key)?.release());
addEventListener("blur", () => holders.forEach(({ release }) => release()));
