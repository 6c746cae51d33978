// Photographs that were tested, each with what it was taken for, in a dialog of their own.

import { api } from "./api.js";
import { el, show, text } from "./dom.js";
import { lookedOver } from "./looks.js";
import { attempt, notice, openDialog } from "./notices.js";
import { strings } from "./strings.js";
import { SMALL } from "./thumbnails.js";
import { taken } from "./train.js";

const words = strings.train;

export function photoDialog(place) {
  const title = el("h3", { id: "dialog-title" });
  const pictures = el("div.pictures");
  const close = el("button", { onclick: () => element.close() }, words.close);
  const box = el("input", { type: "checkbox" });
  const where = el("label.line", box, words.looked);
  const element = el("dialog", { "aria-labelledby": "dialog-title" }, title, where, pictures, close);
  const tellWhere = () => pictures.querySelectorAll(".looks").forEach((canvas) => show(canvas, box.checked));
  box.addEventListener("change", tellWhere);

  const figure = (photo, side) => {
    const item = el("figure",
      el("div.looked",
        el("img", { src: api.picture(photo.name, side), alt: taken(photo) }),
        photo.cells ? lookedOver(photo) : null),
      el("figcaption", taken(photo)),
      el("button.quiet", { onclick: async () => {
        const done = await attempt(() => api.deletePhotos([photo.name]));
        if (!done) return;
        item.remove();
        notice(strings.classes.deleted(1), { undo: done.undo });
      } }, words.remove));
    return item;
  };

  place.append(element);
  const open = (name, photos) => {
    text(title, name);
    pictures.replaceChildren(...photos.slice(0, 60).map((photo) => figure(photo, photos.length > 1 ? SMALL : 480)));
    show(where, photos.some((photo) => photo.cells));
    tellWhere();
    openDialog(element);
  };
  return { open };
}
