// The page: one flow, left to right.

import { classesPanel } from "./classes.js";
import { connectPanel } from "./connect.js";
import { boardAgainstHere, deployPanel } from "./deploy.js";
import { el, text } from "./dom.js";
import { keepTyped, useLanguage } from "./kept.js";
import { onFailure, onView, open } from "./live.js";
import { followMoves } from "./moves.js";
import { notice } from "./notices.js";
import { drawView } from "./picture.js";
import { followProjects, projectButton } from "./projects.js";
import { livePanel } from "./result.js";
import { rulesPanel } from "./rules.js";
import { follow, get } from "./store.js";
import { otherLanguage, otherTag, strings, told } from "./strings.js";
import { teachPanel } from "./teach.js";
import { trainPanel } from "./train.js";
import { peekAt } from "./webcam.js";

const THEMES = ["auto", "light", "dark"];
const KEY = "tinyteach-theme";

function themeButton() {
  const button = el("button.quiet");
  const use = (theme) => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
    text(button, strings.themes[theme]);
    button.setAttribute("aria-label", `${strings.theme}: ${strings.themes[theme]}`);
  };
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme;
    use(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  });
  use(THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "auto");
  return button;
}

// Says the other language's name, as those who read it know it.
const languageButton = () => el("button.quiet", { lang: otherTag, onclick: (event) => useLanguage(otherLanguage, event.target) }, strings.otherLanguage);

function header(nav) {
  const offline = el("p.offline", { role: "alert", hidden: true }, strings.offline);
  follow("online", (online) => {
    offline.hidden = online;
  });
  follow("refused", (refused) => text(offline, refused ? strings.restarted : strings.offline));
  // On a phone the picture scrolls away while one records: this one stays.
  const peek = el("canvas.peek", { width: 64, height: 64, "aria-hidden": "true" });
  onView((view) => get("webcam") || drawView(peek, view));
  follow("webcam", (video) => peekAt(peek, video));
  follow(["online", "board", "webcam"], () =>
    peek.classList.toggle("old", get("online") === false || !(get("webcam") || get("board")?.status === "connected")));
  return [peek, el("h1", strings.title), ...projectButton(), el("span.grow"), boardAgainstHere(), nav, languageButton(), themeButton(), offline];
}

function sections() {
  const link = ([step, name]) => el("a", { href: `#panel-${step}` }, name);
  return el("nav", { "aria-label": strings.sections }, ...Object.entries(strings.steps).map(link));
}

document.getElementById("notices").setAttribute("role", "status");
const nav = sections();
const flow = document.getElementById("flow");
document.getElementById("top").append(...header(nav));
flow.replaceChildren(
  el("div.beside", connectPanel()), classesPanel(), trainPanel(),
  el("div.column", deployPanel(), livePanel()),
  rulesPanel(), teachPanel(),
);
follow("recording", (recording) => recording?.sentence && notice(told(recording.sentence), { isError: true }));
onFailure((sentence) => notice(sentence, { isError: true }));
followMoves();
followProjects(flow, nav);
keepTyped();
open();
