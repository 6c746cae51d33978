// Where the head looks: its cells over the picture, blue for the class and orange against it.

import { el, show, text } from "./dom.js";
import { askWhere } from "./live.js";
import { follow, get, put } from "./store.js";
import { named, strings } from "./strings.js";

const words = strings.connect;
// Of M. Okabe and K. Ito's colours, told apart with any kind of colour vision; as head/overlay.py.
const FOR = [0, 114, 178];
const AGAINST = [230, 159, 0];
const DEEPEST = 0.7;

export function looksBox() {
  const box = el("input", { type: "checkbox" });
  const told = el("p.faint.looks-told");
  const line = el("label.line", box, words.looks);
  const tell = () => {
    const looks = get("looks");
    const isMap = get("preview")?.head?.grid !== null;
    show(told, box.checked);
    if (!isMap || (looks?.asked && !looks.cells)) text(told, words.looksNone);
    else text(told, looks?.cells ? words.looksFor(named(looks.label)) : words.looksNothing);
  };
  box.addEventListener("change", () => {
    askWhere(box.checked);
    if (!box.checked) put("looks", null);
    tell();
  });
  follow(["looks", "preview"], tell);
  return el("div", line, told);
}

const over = () => el("canvas.looks", { role: "img", hidden: true });

// Over a photograph of the report, where the head that was tested on it looked.
export function lookedOver({ predicted, cells }) {
  const canvas = over();
  if (cells) draw(canvas, { label: predicted, cells });
  return canvas;
}

export function looksOver() {
  const canvas = over();
  follow("looks", (looks) => {
    show(canvas, Boolean(looks?.cells));
    if (looks?.cells) draw(canvas, looks);
  });
  return canvas;
}

function draw(canvas, { label, cells }) {
  const all = cells.flat();
  const columns = cells[0].length;
  const largest = Math.max(...all.map(Math.abs)) || 1;
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== cells.length) canvas.height = cells.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, cells.length);
  all.forEach((cell, place) => {
    const depth = Math.round((255 * DEEPEST * Math.abs(cell)) / largest);
    image.data.set([...(cell < 0 ? AGAINST : FOR), depth], 4 * place);
  });
  context.putImageData(image, 0, 0);
  const most = all.indexOf(Math.max(...all));
  canvas.setAttribute("aria-label", words.looksMost(named(label), Math.floor(most / columns) + 1, (most % columns) + 1));
}
