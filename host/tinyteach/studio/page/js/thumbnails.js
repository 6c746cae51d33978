// A class's photographs as small pictures; some can be selected, moved to another class and deleted.

import { api } from "./api.js";
import { UNKNOWN } from "./colours.js";
import { el, keep, text } from "./dom.js";
import { filterChoice } from "./filters.js";
import { pictureGrid } from "./grid.js";
import { attempt, notice } from "./notices.js";
import { get } from "./store.js";
import { named, strings } from "./strings.js";

const words = strings.classes;
export const SMALL = 96;
export const DRAGGED = "application/x-tinyteach"; // photographs on their way to another class

// Photographs of one class into another, with a way back.
export async function movePhotos(ids, from, to) {
  const moved = ids.length && from !== to && (await attempt(() => api.movePhotos(ids, to)));
  if (!moved) return;
  notice(words.moved(moved.ids.length, to), { undo: ["movePhotos", moved.ids, from] });
}

export function thumbnails(className) {
  const selected = new Set();
  let last = null;
  let all = [];
  let shown = [];
  let refocus = -1; // the place that had the focus, of what was deleted
  const grid = pictureGrid(words.select(className), thumbnail, mark);
  const told = el("span.grow.faint", { role: "status" });
  const everything = el("button.quiet", { onclick: () => selectAll() }, words.selectAll);
  const remove = el("button.danger", { onclick: () => deleteSelected() });
  const clear = el("button.quiet", { onclick: () => clearAll() }, words.clear);
  const target = el("select", { "aria-label": words.moveTo, onchange: () => moveSelected() });
  const bar = el("div.selection", told, everything, target, remove, clear);
  const filter = filterChoice(className, () => {
    selected.clear();
    update(all);
  });

  function tell() {
    const count = selected.size;
    text(told, count ? words.selected(count) : "");
    text(remove, words.deleteSelected(count));
    bar.classList.toggle("empty", !count);
    for (const each of [remove, clear, target, everything]) each.disabled = !count;
    everything.disabled ||= count === shown.length;
    if (count) offerClasses();
    grid.draw();
  }

  function offerClasses() {
    const names = [...new Set([...get("project").classes.map((each) => each.name), UNKNOWN])].filter((name) => name !== className);
    keep(target, ["", ...names], (name) => name, (name) => el("option", { value: name }, name ? named(name) : words.moveTo));
    target.value = "";
  }

  async function moveSelected() {
    const name = target.value;
    if (name) await movePhotos([...selected], className, name);
  }

  async function deleteSelected() {
    const gone = [...selected];
    const place = shown.findIndex(({ id }) => selected.has(id));
    const hadFocus = grid.element.contains(document.activeElement);
    const done = await attempt(() => api.deletePhotos(gone));
    if (!done) return;
    selected.clear();
    tell();
    refocus = hadFocus ? place : -1;
    notice(words.deleted(gone.length), { undo: done.undo });
  }

  function clearAll() {
    selected.clear();
    tell();
  }

  function selectAll() {
    for (const { id } of shown) selected.add(id);
    tell();
  }

  // Shift: all from the one before to this one.
  function press(event, place) {
    const { id } = shown[place];
    const from = shown.findIndex((photo) => photo.id === last);
    if (event.shiftKey && from >= 0) selectBetween(from, place);
    else if (!selected.delete(id)) selected.add(id);
    last = id;
    tell();
  }

  function selectBetween(from, to) {
    for (const { id } of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) selected.add(id);
  }

  // Arrows go from photograph to photograph, with Shift they select on the way.
  function walk(event) {
    const from = placeOf(event.target);
    if (from === undefined) return;
    if (event.key === "Escape") {
      if (!selected.size) return;
      clearAll();
    } else if (event.key === "Delete") {
      if (selected.size) deleteSelected();
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) selectAll();
    else if (event.key === " " || event.key === "Enter") press(event, from);
    else {
      const to = grid.next(from, event.key);
      if (to === undefined) return;
      if (event.shiftKey) selectBetween(from, to);
      grid.focus(to);
      tell();
    }
    event.preventDefault();
  }

  const placeOf = (target) => target.closest("[role=option]")?.place;
  grid.element.addEventListener("keydown", walk);
  grid.element.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (place !== undefined) press(event, place);
  });
  grid.element.addEventListener("dragstart", (event) => {
    const { id } = shown[placeOf(event.target)];
    if (!selected.has(id)) {
      selected.clear();
      selected.add(id);
      tell();
    }
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData(DRAGGED, JSON.stringify({ from: className, ids: [...selected] }));
  });

  // Photographs as the project has them; each has its number, and recordings take turns in their tint.
  function update(photos) {
    all = photos;
    const numbers = new Map(photos.map(({ id }, index) => [id, index + 1]));
    const bursts = Map.groupBy(photos, ({ burst }) => burst);
    const places = new Map();
    for (const [burst, [{ source }, ...more]] of bursts) if (more.length || source !== "file") places.set(burst, places.size);
    shown = filter.apply(photos).map((photo) => ({ ...photo, number: numbers.get(photo.id), recording: places.get(photo.burst) ?? null }));
    for (const id of [...selected]) if (!numbers.has(id)) selected.delete(id);
    grid.set(shown);
    if (refocus >= 0 && shown.length) grid.focus(Math.min(refocus, shown.length - 1));
    refocus = -1;
    tell();
  }

  function thumbnail({ id, time }) {
    const image = el("img", { src: api.picture(id, SMALL, time), width: 44, height: 44, draggable: "false", alt: "" });
    return el("div.thumb", { role: "option", "data-id": id, draggable: "true" }, image);
  }

  function mark(element, { id, number, recording, source }) {
    element.setAttribute("aria-selected", String(selected.has(id)));
    element.setAttribute("aria-label", words.photo(number, className));
    const title = source === "webcam" ? words.burstOfWebcam : words.burst;
    element.title = recording === null ? words.file : title(recording + 1);
    element.classList.toggle("tinted", recording % 2 === 1);
  }

  tell();
  const element = el("div.thumbs", grid.element, bar);
  bar.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") clearAll();
  });
  return { element, filter: filter.element, update };
}
