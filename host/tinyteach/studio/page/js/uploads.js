// Files dropped or chosen: sent one by one, then imported together.

import { api } from "./api.js";
import { attempt, notice } from "./notices.js";
import { follow, put } from "./store.js";
import { isolatedIn, strings } from "./strings.js";

const words = strings.classes;
const ARCHIVE = /\.(zip|tm|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$/i;

// What was dropped as { path, file }, folders walked through.
export async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  // Both are taken before the first wait: what was dropped is gone after this event.
  const found = items.map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const lists = await Promise.all(found.map(({ entry, file }) =>
    entry ? walk(entry, "") : [{ path: file.name, file }]));
  return lists.flat();
}

async function walk(entry, above) {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    for (const each of some) found.push(...(await walk(each, `${path}/`)));
  }
  return found;
}

// While the studio takes them over it says how far it is.
follow("importing", (step) => {
  if (step?.total) put("sending", words.importing(step.done, step.total));
});

const isBare = (path) => !path.includes("/") && !ARCHIVE.test(path);

// Bare photographs belong to `className`; what lies in folders brings its class along.
export async function send(items, className) {
  if (!items.length) return;
  // Bare files were sent as a class's; here they have the names that they were chosen by.
  const bare = new Set(className ? items.map(({ path }) => path).filter(isBare) : []);
  const asChosen = (said) => {
    const sentence = said.replace(/[\u2068\u2069]/g, ""); // an error's names are isolated already
    const from = sentence.indexOf(`${className}/`);
    const name = sentence.slice(from + className.length + 1).split(": ")[0];
    return isolatedIn(bare.has(name) ? sentence.slice(0, from) + sentence.slice(from + className.length + 1) : sentence);
  };
  await attempt(async () => {
    const { upload } = await api.beginUpload();
    try {
      for (const [index, { path, file }] of items.entries()) {
        put("sending", words.sending(index + 1, items.length));
        await api.sendFile(upload, isBare(path) && className ? `${className}/${path}` : path, file);
      }
      put("sending", words.importing(0, items.length));
      const { added, skipped, told } = await api.importUpload(upload);
      const count = Object.values(added).reduce((sum, each) => sum + each, 0);
      notice([words.imported(count, skipped.length), ...told.map(isolatedIn)].join(" "));
      put("leftOut", { added: count, count: skipped.length, sentences: skipped.map(asChosen) });
    } catch (error) {
      await api.dropUpload(upload).catch(() => null);
      const sentence = asChosen(error.message);
      put("leftOut", { added: 0, count: items.length, sentences: [sentence] });
      throw new Error(sentence);
    } finally {
      put("sending", null);
    }
  });
}

// Have `element` take what is dropped on it: `takeFiles` what comes from elsewhere, `takeOwn` what is
// of the type `own`, if that may be dropped here.
export function takeDrops(element, takeFiles, own = "", takeOwn = null) {
  const mark = (isOver) => element.classList.toggle("over-drop", isOver);
  element.addEventListener("dragover", (event) => {
    const { types } = event.dataTransfer;
    if (!types.includes("Files") && !types.includes(own)) return;
    event.preventDefault();
    event.stopPropagation();
    mark(true);
  });
  element.addEventListener("dragleave", () => mark(false));
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    mark(false);
    const dragged = own && event.dataTransfer.getData(own);
    if (dragged) return takeOwn(JSON.parse(dragged));
    await takeFiles(await dropped(event.dataTransfer));
  });
}
