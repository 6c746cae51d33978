// Photographs as small pictures, grouped by recording; some can be selected, moved and deleted.

import { api } from "./api.js";
import { UNKNOWN } from "./colours.js";
import { el, keep, show, text } from "./dom.js";
import { attempt, notice } from "./notices.js";
import { get } from "./store.js";
import { named, strings } from "./strings.js";

const words = strings.classes;
export const SMALL = 96;

// Where an arrow leads to in rows of any length; undefined where nowhere.
function nextPlace(all, from, key) {
  const beside = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: all.length - 1 };
  if (key in beside) return beside[key];
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const down = key === "ArrowDown" ? 1 : -1;
  const boxes = all.map((each) => each.getBoundingClientRect());
  const own = boxes[from];
  const far = (box) => 1000 * Math.abs(box.top - own.top) + Math.abs(box.left - own.left);
  const there = boxes.map((box, place) => ({ box, place })).filter(({ box }) => down * (box.top - own.top) > 1);
  return there.sort((a, b) => far(a.box) - far(b.box))[0]?.place;
}

export function thumbnails(className) {
  const selected = new Set();
  let last = null;
  let ids = [];
  let refocus = -1; // the place that had the focus, of what was deleted
  const groups = el("div", { class: "bursts", role: "group", "aria-label": words.select });
  const told = el("span", { class: "grow faint", role: "status" });
  const remove = el("button", { class: "danger", onclick: () => deleteSelected() });
  const clear = el("button", { class: "quiet", onclick: () => { selected.clear(); tell(); } }, words.clear);
  const target = el("select", { "aria-label": words.moveTo, onchange: () => moveSelected() });
  const bar = el("div", { class: "selection" }, told, target, remove, clear);

  function tell() {
    const count = selected.size;
    text(told, count ? words.selected(count) : "");
    text(remove, words.deleteSelected(count));
    bar.classList.toggle("empty", !count);
    remove.disabled = clear.disabled = target.disabled = !count;
    if (count) offerClasses();
    for (const button of thumbs()) {
      button.setAttribute("aria-pressed", String(selected.has(button.dataset.id)));
    }
  }

  function offerClasses() {
    const names = [...new Set([...get("project").classes.map((each) => each.name), UNKNOWN])].filter((name) => name !== className);
    keep(target, ["", ...names], (name) => name, (name) => el("option", { value: name }, name ? named(name) : words.moveTo));
    target.value = "";
  }

  async function moveSelected() {
    const name = target.value;
    const moved = name && (await attempt(() => api.movePhotos([...selected], name)));
    if (!moved) return;
    selected.clear();
    tell();
    notice(words.moved(moved.ids.length, name), {
      undo: () => api.movePhotos(moved.ids, className).then(({ ids: back }) => back.length),
    });
  }

  async function deleteSelected() {
    const gone = [...selected];
    const place = ids.indexOf(gone[0]);
    const hadFocus = groups.contains(document.activeElement);
    const done = await attempt(() => api.deletePhotos(gone));
    if (!done) return;
    selected.clear();
    tell();
    refocus = hadFocus ? place : -1;
    notice(words.deleted(gone.length), { undo: done.undo });
  }

  function press(event, id) {
    const from = ids.indexOf(last);
    if (event.shiftKey && from >= 0) {
      const to = ids.indexOf(id);
      for (const each of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) selected.add(each);
    } else if (!selected.delete(id)) selected.add(id);
    last = id;
    tell();
  }

  // One tab stop a grid: arrows go from photograph to photograph, with Shift they select on the way.
  function walk(event) {
    const all = thumbs();
    const from = all.indexOf(document.activeElement);
    if (event.key === "Delete" && selected.size) return deleteSelected();
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) ids.forEach((id) => selected.add(id));
    else {
      const to = all[nextPlace(all, from, event.key)];
      if (!to) return;
      if (event.shiftKey) selected.add(all[from].dataset.id).add(to.dataset.id);
      stopAt(to);
      to.focus();
    }
    event.preventDefault();
    tell();
  }

  const thumbs = () => [...groups.querySelectorAll("button")];
  const stopAt = (thumb) => thumbs().forEach((each) => { each.tabIndex = each === thumb ? 0 : -1; });
  groups.addEventListener("keydown", walk);
  groups.addEventListener("focusin", (event) => stopAt(event.target.closest("button")));

  function update(photos) {
    ids = photos.map((photo) => photo.id);
    for (const id of [...selected]) if (!ids.includes(id)) selected.delete(id);
    const bursts = [...Map.groupBy(photos, (photo) => photo.burst)];
    keep(groups, bursts.map(([burst, members], index) => ({ burst, members, index })), (group) => group.burst,
      () => el("div", { class: "burst" }),
      (box, group) => {
        box.title = words.burst(group.index + 1);
        keep(box, group.members, (photo) => photo.id, (photo) => thumbnail(photo));
      });
    const all = thumbs();
    if (!all.some((thumb) => thumb.tabIndex === 0) && all.length) all[0].tabIndex = 0;
    if (refocus >= 0 && all.length) all[Math.min(refocus, all.length - 1)].focus();
    refocus = -1;
    tell();
  }

  function thumbnail(photo) {
    const number = ids.indexOf(photo.id) + 1;
    const image = el("img", { src: api.picture(photo.id, SMALL), width: 44, height: 44, loading: "lazy", alt: "" });
    return el("button", {
      class: "thumb", "data-id": photo.id, "aria-pressed": "false", tabindex: -1,
      "aria-label": words.photo(number, className), onclick: (event) => press(event, photo.id),
    }, image);
  }

  tell();
  return { element: el("div", { class: "thumbs" }, groups, bar), update, show: (visible) => show(groups, visible) };
}
