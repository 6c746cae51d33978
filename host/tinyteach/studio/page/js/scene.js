// What is held before the virtual board's camera: the demo's objects, photographs, this computer's webcam.

import { api } from "./api.js";
import { el, keep, show } from "./dom.js";
import { attempt, notice } from "./notices.js";
import { follow, get } from "./store.js";
import { strings } from "./strings.js";
import { FRAME_MS, SIDE, closeWebcam, openWebcam, squareOf } from "./webcam.js";

const words = strings.scene;
const SWAY = 0.06; // of a hand, in parts of the picture

export function sceneChooser(element) {
  const objects = el("div.chips");
  const own = el("div.chips");
  const files = el("input.hidden-file", { type: "file", multiple: true, accept: "image/*", "aria-label": words.photos });
  const webcam = el("button.chip", { "aria-pressed": "false", onclick: () => toggleWebcam() }, words.webcam);
  element.append(el("h3", words.title), objects, own,
    el("div.chips", el("label.button.chip", words.photos, files), webcam));
  const camera = handCamera();
  let video = null;

  function stop() {
    camera.stop();
    closeWebcam(video);
    video = null;
    mark(null);
  }

  function mark(pressed) {
    for (const chip of element.querySelectorAll("button")) chip.setAttribute("aria-pressed", String(chip === pressed));
  }

  async function showObject(button, name) {
    stop();
    button.disabled = true;
    if (await attempt(() => api.showVirtual(name, module()))) mark(button);
    button.disabled = false;
  }

  files.addEventListener("change", async () => {
    const chosen = [...files.files];
    files.value = "";
    const chips = (await Promise.all(chosen.map(photoChip))).filter(Boolean);
    own.append(...chips);
    chips[0]?.click();
  });

  async function photoChip(file) {
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (!bitmap) {
      notice(words.unreadable(file.name), { isError: true });
      return null;
    }
    const chip = el("button.chip", { "aria-pressed": "false", title: file.name }, file.name.replace(/\.\w+$/, ""));
    chip.addEventListener("click", () => {
      stop();
      mark(chip);
      camera.start(bitmap, bitmap.width, bitmap.height, true);
    });
    return chip;
  }

  async function toggleWebcam() {
    const wasOn = video !== null;
    stop();
    if (wasOn) return;
    video = await openWebcam();
    if (!video) return;
    mark(webcam);
    camera.start(video, video.videoWidth, video.videoHeight, false);
  }

  // Without a virtual board that is held nobody sees it, and the webcam's light goes out.
  const tell = (isThere) => {
    show(element, isThere);
    if (!isThere && camera.isOn()) stop();
  };
  follow("objects", (names) => keep(objects, names, (name) => name, (name) =>
    el("button.chip", { "aria-pressed": "false", onclick: (event) => showObject(event.target, name) }, name)));
  return { tell };
}

// A virtual module; else the virtual board is meant.
function module() {
  const { kind, name } = get("board")?.facts ?? {};
  return kind === "module" ? name : null;
}

// Sends the centre square of a picture or a video, one frame after the other; a picture in a moving hand.
function handCamera() {
  const canvas = el("canvas", { width: SIDE, height: SIDE });
  let run = 0;
  let on = false;

  function draw(source, width, height, sways) {
    const s = performance.now() / 1000;
    const side = Math.min(width, height) * (sways ? 1 - 2 * SWAY + SWAY * Math.sin(1.3 * s) : 1);
    const slack = sways ? Math.min(width, height) - side : 0;
    const x = (width - side) / 2 + (slack / 2) * Math.sin(2.1 * s);
    const y = (height - side) / 2 + (slack / 2) * Math.cos(1.7 * s);
    return squareOf(canvas, source, x, y, side);
  }

  async function start(source, width, height, sways) {
    const mine = ++run;
    on = true;
    while (mine === run) {
      const blob = await draw(source, width, height, sways);
      if (mine !== run) return;
      if (!(await attempt(() => api.showView(blob, module())))) stop();
      await new Promise((done) => setTimeout(done, FRAME_MS));
    }
  }
  function stop() {
    run += 1;
    on = false;
  }
  return { start, stop, isOn: () => on };
}
