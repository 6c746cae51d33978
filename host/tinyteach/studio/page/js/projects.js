// Which project this page is of, and where the list of those beside it is shown.

import { loaded } from "./api.js";
import { el, newId, panel, show, text } from "./dom.js";
import { attempt, openDialog } from "./notices.js";
import { follow } from "./store.js";
import { strings } from "./strings.js";

const words = strings.projects;

// In the header: the project's name, which opens the list.
export function projectButton() {
  const id = newId("projects");
  const close = el("button", { onclick: () => dialog.close() }, strings.train.close);
  const dialog = el("dialog.projects", { "aria-labelledby": id });
  const open = async () => {
    const box = await projectsBox();
    if (!box) return;
    dialog.replaceChildren(el("h2", { id }, words.title), ...box.parts, el("div.actions", close));
    await box.update();
    openDialog(dialog);
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

const projectsBox = () => attempt(async () => (await loaded("projectlist")).projectsBox());

// In place of the flow while no project is open.
async function start(flow) {
  const box = await projectsBox();
  if (!box) return;
  flow.replaceChildren(panel("projects", words.title, el("p", words.none), ...box.parts));
  box.update();
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
    flow.replaceChildren();
    start(flow);
  });
}
