// Photographs as small pictures, grouped by recording; some can be selected and deleted.

import { api } from "./api.js";
import { el, keep, show, text } from "./dom.js";
import { attempt, notice } from "./notices.js";
import { strings } from "./strings.js";

const words = strings.classes;
export const SMALL = 96;

export function thumbnails(className) {
  const selected = new Set();
  let last = null;
  let ids = [];
  const groups = el("div", { class: "bursts", role: "group", "aria-label": words.select });
  const told = el("span", { class: "grow faint", role: "status" });
  const remove = el("button", { class: "danger", onclick: () => deleteSelected() });
  const clear = el("button", { class: "quiet", onclick: () => { selected.clear(); tell(); } }, words.clear);
  const bar = el("div", { class: "line selection" }, told, remove, clear);

  function tell() {
    const count = selected.size;
    text(told, count ? words.selected(count) : "");
    text(remove, words.deleteSelected(count));
    bar.classList.toggle("empty", !count);
    remove.disabled = clear.disabled = !count;
    for (const button of groups.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(selected.has(button.dataset.id)));
    }
  }

  async function deleteSelected() {
    const gone = [...selected];
    const done = await attempt(() => api.deletePhotos(gone));
    if (!done) return;
    selected.clear();
    tell();
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

  const onKey = (event) => {
    if (event.key === "Delete" && selected.size) deleteSelected();
  };
  groups.addEventListener("keydown", onKey);

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
    tell();
  }

  function thumbnail(photo) {
    const number = ids.indexOf(photo.id) + 1;
    const image = el("img", { src: api.picture(photo.id, SMALL), width: 44, height: 44, loading: "lazy", alt: "" });
    return el("button", {
      class: "thumb", "data-id": photo.id, "aria-pressed": "false",
      "aria-label": words.photo(number, className), onclick: (event) => press(event, photo.id),
    }, image);
  }

  tell();
  return { element: el("div", { class: "thumbs" }, groups, bar), update, show: (visible) => show(groups, visible) };
}
