// In the other language the page begins again: what one has typed and what can be undone come along, in
// what the browser keeps of this tab alone.

import { settled } from "./api.js";
import { putWaysBack, waysNow } from "./notices.js";
import { follow, get } from "./store.js";
import { chooseLanguage } from "./strings.js";

const KEY = "tinyteach-kept";
const TYPED = "#new-class, #panel-rules :is(input, select), #panel-teach input";

export async function useLanguage(name, button) {
  button.disabled = true; // a name that its field sends as it loses the focus has its way back, too
  await settled();
  await new Promise((done) => setTimeout(done));
  chooseLanguage(name);
  sessionStorage.setItem(KEY, JSON.stringify({ folder: get("project")?.folder, ways: waysNow(), fields: fields().map(valueOf) }));
  location.reload();
}

const fields = () => [...document.querySelectorAll(TYPED)];
const valueOf = ({ type, value, checked }) => (type === "checkbox" ? checked : value);

function putInto(field, value) {
  if (field.type === "checkbox") field.checked = value;
  else field.value = value;
}

// Once it is known which project this is and what there is to choose from; once.
export function putBackKept() {
  let kept = JSON.parse(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  const putBack = () => {
    if (!kept || !get("project") || !get("board")) return;
    const { folder, ways, fields: values } = kept;
    kept = null;
    if (folder !== get("project").folder) return;
    putWaysBack(ways);
    fields().forEach((field, index) => putInto(field, values[index]));
    document.getElementById("rule-form").dispatchEvent(new Event("input"));
  };
  follow(["project", "board"], putBack);
}
