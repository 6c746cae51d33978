// Projects beside each other: which there are, going to one, a new one, a copy of the one that is open.

import { api } from "./api.js";
import { el, newId, panel, show, text } from "./dom.js";
import { attempt } from "./notices.js";
import { follow } from "./store.js";
import { strings } from "./strings.js";

const words = strings.projects;

// All of this page is about one project, so that it begins again with another.
async function go(ask) {
  if (await attempt(ask)) location.reload();
}

function projectsBox() {
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
    const told = await attempt(api.projects);
    if (!told) return;
    opened = told.open;
    list.replaceChildren(...told.projects.map((each) => row(each, each.name === opened)));
    text(place, words.place(told.place));
    if (!field.value) field.value = told.suggested;
    show(copy, opened !== null);
    text(copy, words.copy(opened));
  }

  return { parts: [list, form, place], update };
}

function row({ name, classes, problem }, isOpen) {
  const press = () => go(() => api.openProject(name));
  return el("li",
    el("div.grow", el("strong", name), el("div.faint", problem || words.classes(classes))),
    isOpen ? el("span.tag", words.current) : el("button", { "aria-label": words.openOf(name), disabled: Boolean(problem), onclick: press }, words.open));
}

// In the header: the project's name, which opens the list.
export function projectButton() {
  const id = newId("projects");
  const close = el("button", { onclick: () => dialog.close() }, strings.train.close);
  const dialog = el("dialog.projects", { "aria-labelledby": id });
  const open = async () => {
    const box = projectsBox();
    dialog.replaceChildren(el("h2", { id }, words.title), ...box.parts, el("div.actions", close));
    await box.update();
    dialog.showModal();
  };
  const button = el("button.project.quiet", { hidden: true, onclick: open });
  follow("project", (project) => {
    show(button, true);
    text(button, project.name);
    button.title = strings.folder(project.folder);
    button.setAttribute("aria-label", `${words.title}: ${project.name}`);
    document.title = `${project.name} · ${strings.title}`;
  });
  return [button, dialog];
}

// In place of the flow while no project is open.
function start() {
  const box = projectsBox();
  box.update();
  return panel("projects", words.title, el("p", words.none), ...box.parts);
}

export function followProjects(flow, nav) {
  let known;
  const become = (folder) => {
    if (known !== undefined && known !== folder) location.reload();
    known = folder;
  };
  follow("project", ({ folder }) => become(folder));
  follow("chosen", () => {
    if (known === "") return;
    become("");
    show(nav, false);
    flow.replaceChildren(start());
  });
}
