// The page begins again in the other language, when it is reloaded, and at the address of a studio that was
// started again: what one has typed comes along, and what can be undone as long as it is the same studio,
// in what the browser keeps of this tab and this port alone.

import { settled } from "./api.js";
import { putWaysBack, waysNow } from "./notices.js";
import { follow, get } from "./store.js";
import { chooseLanguage } from "./strings.js";

const KEY = "tinyteach-kept";
const TYPED = "#new-class, #panel-rules :is(input, select), #panel-teach input";
const OF_CLASSES = "[data-class] .name:not([readonly])";

let kept = null; // of the page before, until it is put back

export async function useLanguage(name, button) {
  button.disabled = true; // a name that its field sends as it loses the focus has its way back, too
  await settled();
  await new Promise((done) => setTimeout(done));
  chooseLanguage(name);
  location.reload();
}

const all = (selector) => [...document.querySelectorAll(selector)];
const valueOf = ({ type, value, checked }) => (type === "checkbox" ? checked : value);
const classOf = (field) => field.closest("[data-class]").dataset.class;
const typedNames = () => all(OF_CLASSES).filter((field) => field.value !== classOf(field));
const isTyped = () => typedNames().length || all(TYPED).some((each) => each.type === "text" && each.value !== each.defaultValue);

function now() {
  return {
    folder: get("project")?.folder, address: location.pathname, ways: waysNow(), fields: all(TYPED).map(valueOf),
    names: typedNames().map((field) => [classOf(field), field.value, field === document.activeElement]),
  };
}

function putInto(field, value) {
  if (field.type === "checkbox") field.checked = value;
  else if (field.type !== "select-one" || [...field.options].some((each) => each.value === value)) field.value = value;
}

// A class's name is sent once its field has lost the focus, so also one that had lost it.
function putName([name, value, isFocused]) {
  const field = all(OF_CLASSES).find((each) => classOf(each) === name);
  if (!field) return;
  field.value = value;
  field.dispatchEvent(new Event("input"));
  if (isFocused) field.focus();
  else field.dispatchEvent(new Event("blur"));
}

// Once it is known which project this is and what there is to choose from; once.
export function putBackKept() {
  kept = JSON.parse(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  follow(["project", "board"], () => {
    if (!kept || !get("project") || !get("board")) return;
    const { folder, address, ways, fields, names } = kept;
    kept = null;
    if (folder !== get("project").folder) return;
    if (address === location.pathname) putWaysBack(ways);
    all(TYPED).forEach((field, index) => putInto(field, fields[index]));
    document.getElementById("rule-form").dispatchEvent(new Event("input"));
    names.forEach(putName);
  });
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, JSON.stringify(kept ?? now())));
  // A studio that is gone may come back at another port, to which a browser takes nothing along: it asks first.
  addEventListener("beforeunload", (event) => {
    if (get("online") === false && !get("refused") && isTyped()) event.preventDefault();
  });
}
