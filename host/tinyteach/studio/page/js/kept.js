// The page begins again in the other language, when it is loaded again, and at the address of a studio that
// was started again. What one has typed comes along, and what can be undone if it is the same studio, in what
// the browser keeps of this tab and this port alone.

import { loaded, settled } from "./api.js";
import { attempt, waysNow } from "./notices.js";
import { get } from "./store.js";
import { chooseLanguage } from "./strings.js";

const KEY = "tinyteach-kept";
export const TYPED = "#new-class, #panel-rules :is(input, select), #panel-teach input";
export const all = (selector) => [...document.querySelectorAll(selector)];
export const classOf = (field) => field.closest("[data-class]").dataset.class;
export const ofClasses = () => all("[data-class] .name:not([readonly])");

export async function useLanguage(name, button) {
  button.disabled = true; // a name that its field sends as it loses the focus has its way back, too
  await settled();
  await new Promise((done) => setTimeout(done));
  chooseLanguage(name);
  location.reload();
}

const valueOf = ({ type, value, checked }) => (type === "checkbox" ? checked : value);
const typedNames = () => ofClasses().filter((field) => field.value !== classOf(field));
const isTyped = () => typedNames().length || all(TYPED).some((each) => each.type === "text" && each.value);

const now = () => ({
  folder: get("project")?.folder, address: location.pathname, ways: waysNow(), fields: all(TYPED).map(valueOf),
  names: typedNames().map((field) => [classOf(field), field.value, field === document.activeElement]),
});

export async function keepTyped() {
  let kept = JSON.parse(sessionStorage.getItem(KEY)); // of the page before, until it is put back
  sessionStorage.removeItem(KEY);
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, JSON.stringify(kept ?? now())));
  // A studio that is gone may come back at another port, to which nothing comes along: the browser asks first.
  addEventListener("beforeunload", (event) => {
    if (get("online") === false && !get("refused") && isTyped()) event.preventDefault();
  });
  if (kept) await attempt(async () => (await loaded("putback")).putBack(kept, () => { kept = null; }));
}
