// This computer's webcam: for the virtual board's camera, and as a source of photographs by itself.

import { api } from "./api.js";
import { el, show } from "./dom.js";
import { attempt, notice } from "./notices.js";
import { follow, get, put } from "./store.js";
import { strings } from "./strings.js";

const words = strings.webcam;
export const SIDE = 240; // pixels, as small cameras have them
export const FRAME_MS = 100; // between two frames

// A video that plays, or null where the browser gives none, which is told.
export async function openWebcam() {
  const video = el("video", { muted: true, playsinline: true });
  try {
    if (!navigator.mediaDevices) throw new Error(strings.scene.onlyHere);
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true, audio: false });
    await video.play();
    return video;
  } catch (error) {
    closeWebcam(video);
    notice(error.message === strings.scene.onlyHere ? strings.scene.onlyHere : strings.scene.noWebcam, { isError: true });
    return null;
  }
}

export function closeWebcam(video) {
  for (const track of video?.srcObject?.getTracks() ?? []) track.stop();
}

// The centre square of a picture or a video as a JPEG file; what is transparent is white, as in photographs.
export function squareOf(canvas, source, x, y, side) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SIDE, SIDE);
  context.drawImage(source, x, y, side, side, 0, 0, SIDE, SIDE);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
}

function centre({ videoWidth, videoHeight }) {
  const side = Math.min(videoWidth, videoHeight);
  return [(videoWidth - side) / 2, (videoHeight - side) / 2, side];
}

// Show on a small canvas what the webcam sees, for as long as it is recorded by.
export function peekAt(canvas, video) {
  canvas.width = canvas.height = 64; // which clears it
  const [x, y, side] = video ? centre(video) : [];
  const next = () => {
    if (!video || get("webcam") !== video) return;
    canvas.getContext("2d").drawImage(video, x, y, side, side, 0, 0, canvas.width, canvas.height);
    setTimeout(next, FRAME_MS);
  };
  next();
}

// The choice to record by the webcam, and what it sees in `place`, where one looks while recording.
export function webcamSource(place) {
  const box = el("input", { type: "checkbox" });
  const hint = el("p.faint", { hidden: true }, words.hint);
  let video = null;

  box.addEventListener("change", async () => {
    closeWebcam(video);
    video?.remove();
    video = box.checked ? await openWebcam() : null;
    box.checked = Boolean(video);
    if (video) {
      video.className = "view webcam";
      video.setAttribute("aria-label", words.preview);
      place.append(video);
    }
    show(hint, box.checked);
    put("webcam", video);
  });

  // While a button is held; the studio takes none before its recording has begun.
  follow("holding", async (name) => {
    const canvas = el("canvas", { width: SIDE, height: SIDE });
    while (name && video && get("holding") === name) {
      const picture = get("recording") && (await squareOf(canvas, video, ...centre(video)));
      if (picture && get("holding") === name && (await attempt(() => api.webcam(picture))) === null) return;
      await new Promise((done) => setTimeout(done, FRAME_MS));
    }
  });
  return el("div", el("label.line", box, words.record), hint);
}
