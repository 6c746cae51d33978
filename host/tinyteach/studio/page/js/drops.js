// Files and photographs dropped on a part of the page.

// What was dropped as { path, file }, folders walked through.
async function dropped(transfer) {
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
