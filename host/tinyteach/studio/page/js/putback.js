// What the page before has kept (kept.js), put back.

import { TYPED, all, classOf, ofClasses } from "./kept.js";
import { putWaysBack } from "./notices.js";
import { follow, get } from "./store.js";

function putInto(field, value) {
  if (field.type === "checkbox") field.checked = value;
  else if (field.type !== "select-one" || [...field.options].some((each) => each.value === value)) field.value = value;
}

// A class's name is sent once its field has lost the focus, so also one that had lost it.
function putName([name, value, isFocused]) {
  const field = ofClasses().find((each) => classOf(each) === name);
  if (!field) return;
  field.value = value;
  field.dispatchEvent(new Event("input"));
  if (isFocused) field.focus();
  else field.dispatchEvent(new Event("blur"));
}

// Once it is known which project this is and what there is to choose from; `done` once it is.
export function putBack({ folder, address, ways, fields, names }, done) {
  let isDone = false;
  follow(["project", "board"], () => {
    if (isDone || !get("project") || !get("board")) return;
    isDone = true;
    done();
    if (folder !== get("project").folder) return;
    if (address === location.pathname) putWaysBack(ways);
    all(TYPED).forEach((field, index) => putInto(field, fields[index]));
    document.getElementById("rule-form").dispatchEvent(new Event("input"));
    names.forEach(putName);
  });
}
