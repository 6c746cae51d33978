// The WebSocket: parts as they change, views as fast as this page draws them, the record button.

import { isRefused } from "./api.js";
import { get, put } from "./store.js";
import { learn, told } from "./strings.js";

const RETRY_MS = [300, 600, 1200, 2000];
const AHEAD = 2; // views that may be on their way while one is drawn

let socket = null;
let tries = 0;
let drawn = 0;
let looks = false; // whether views are to come with where the head looks
let waiting = null;
const drawers = [];
const failures = [];

export const onView = (draw) => drawers.push(draw);
export const onFailure = (tell) => failures.push(tell);

export function open() {
  socket = new WebSocket(new URL("live", location.href.replace(/^http/, "ws")));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    tries = 0;
    drawn = 0;
    waiting = null;
    put("online", true);
    grant();
    if (looks) send({ looks });
  };
  socket.onmessage = ({ data }) => (typeof data === "string" ? takeText(data) : takeView(data));
  socket.onclose = async () => {
    put("online", false);
    put("refused", await isRefused());
    setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  };
}

// One after the other, though words are loaded for one.
let taken = Promise.resolve();
function takeText(data) {
  const message = JSON.parse(data);
  taken = taken.then(() => learn(message)).then(() => {
    if (message.error) failures.forEach((tell) => tell(told(message.error.sentence)));
    else put(message.part, message.value);
  }).catch(reportError);
}

// Each view is drawn in the browser's own time; only then is another one asked for. A hidden page
// draws nothing, so the board rests.
function takeView(data) {
  const first = waiting === null;
  waiting = unpack(data);
  if (!first) drawn += 1; // replaced before it was drawn
  else requestAnimationFrame(draw);
}

function draw() {
  const view = waiting;
  waiting = null;
  if (!view) return;
  for (const each of drawers) each(view);
  drawn += 1;
  grant();
}

function unpack(data) {
  const length = new DataView(data).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  return { ...facts, pixels: new Uint8Array(data, 4 + length) };
}

function send(message) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(message));
  return true;
}

const grant = () => send({ credits: drawn + AHEAD });

export function askWhere(asks) {
  looks = asks;
  send({ looks });
}
export function record(name) {
  const isSent = send({ record: name, webcam: Boolean(get("webcam")) });
  if (isSent) put("holding", name);
  return isSent;
}
export function letGo() {
  put("holding", null);
  send({ record: null });
}
