// The list of projects beside each other: going to one, a new one, a copy of the one that is open.

import { api } from "./api.js";
import { el, show, text } from "./dom.js";
import { attempt } from "./notices.js";
import { strings, told } from "./strings.js";

const words = strings.projects;

// All of this page is about one project, so that it begins again with another.
async function go(ask) {
  if (await attempt(ask)) location.reload();
}

export function projectsBox() {
  const list = el("ul.rows", { "aria-label": words.title });
  const place = el("p.faint");
  const field = el("input", { required: true, maxlength: 63, autocomplete: "off", placeholder: words.placeholder, "aria-label": words.newName });
  const copy = el("button", { type: "button", hidden: true });
  const form = el("form.line", field, el("button.primary", words.make), copy);
  let opened = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(() => api.makeProject(field.value));
  });
  copy.addEventListener("click", () => form.reportValidity() && go(() => api.copyProject(opened, field.value)));

  async function update() {
    const found = await attempt(api.projects);
    if (!found) return;
    opened = found.open;
    list.replaceChildren(...found.projects.map((each) => row(each, each.name === opened)));
    text(place, words.place(found.place));
    if (!field.value) field.value = found.suggested;
    show(copy, opened !== null);
    text(copy, words.copy(opened));
  }

  return { parts: [list, form, place], update };
}

function row({ name, classes, problem }, isOpen) {
  const press = () => go(() => api.openProject(name));
  return el("li",
    el("div.grow", el("strong", name), el("div.faint", told(problem) || words.classes(classes))),
    isOpen ? el("span.tag", words.current) : el("button", { "aria-label": words.openOf(name), disabled: Boolean(problem), onclick: press }, words.open));
}
