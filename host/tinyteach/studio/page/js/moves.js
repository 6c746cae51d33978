// A studio that was started again has another address. The page that it opens tells the others of
// this browser that are still open, and those go there. Only pages of one origin hear each other.

import { follow, get, put } from "./store.js";

const FOLDER = /^\/[\w-]+\/$/;

export function followMoves() {
  const channel = new BroadcastChannel("tinyteach");
  channel.onmessage = ({ data }) => {
    if (get("online") || !FOLDER.test(data)) return;
    put("refused", true); // by which nothing is asked about what is typed: it comes along
    location.replace(data + location.hash);
  };
  follow("online", (online) => {
    if (online) channel.postMessage(location.pathname);
  });
}
