// A studio that was started again has another address. The page that it opens tells the others of
// this browser that are still open, and those go there. Only pages of one origin hear each other.

import { follow, get } from "./store.js";

const FOLDER = /^\/[\w-]+\/$/;

export function followMoves() {
  const channel = new BroadcastChannel("tinyteach");
  channel.onmessage = ({ data }) => {
    if (get("online") || !FOLDER.test(data)) return;
    location.replace(data + location.hash);
  };
  follow("online", (online) => {
    if (online) channel.postMessage(location.pathname);
  });
}
