// Classes: add, rename, reorder, colour, delete; hold to record; photographs.

import { api, loaded } from "./api.js";
import { UNKNOWN, paint, palette } from "./colours.js";
import { el, keep, newId, panel, show, text } from "./dom.js";
import { takeDrops } from "./drops.js";
import { sendsName } from "./forms.js";
import { holdButton } from "./hold.js";
import { attempt, notice } from "./notices.js";
import { follow, get } from "./store.js";
import { named, strings } from "./strings.js";
import { DRAGGED, movePhotos, thumbnails } from "./thumbnails.js";

const words = strings.classes;
const ENOUGH = 20;
const IMBALANCE = 4;
const KEYS = 9; // the first nine classes have one

const send = (items, name) => attempt(async () => (await loaded("uploads")).send(items, name));

export function classesPanel() {
  const list = el("div.cards");
  const none = el("p.empty", words.none);
  const sending = el("p.faint.line", { role: "status" });
  const field = el("input", { id: "new-class", required: true, maxlength: 63, placeholder: words.placeholder, autocomplete: "off", "aria-label": words.newName });
  const form = el("form.line", field, el("button.primary", words.add));
  sendsName(form, field, api.addClass);
  const files = el("input.hidden-file", { type: "file", multiple: true, accept: ".zip,.tm,.tar,.tgz,.gz,.bz2,.xz", "aria-label": words.drop });
  files.addEventListener("change", () => send(chosen(files), ""));

  function tell() {
    const project = get("project");
    if (!project) return;
    show(none, !project.classes.length);
    const shown = standing(project.classes);
    const largest = shown.filter((each) => each.name !== UNKNOWN).sort((a, b) => b.photos - a.photos)[0];
    handingOn(list, shown, () => keep(list, shown, (each) => each.name, (each) => card(each.name),
      (element, each) => element.update(each, largest)));
  }

  follow(["project", "recording", "board", "online", "webcam", "report"], tell);
  follow("sending", (told) => text(sending, told ?? ""));
  const section = panel("classes", strings.steps.classes, form, none, sending, leftOut(), list,
    el("label.drop-hint.faint", words.drop, files));
  takeDrops(section, (items) => send(items, ""));
  return section;
}

// What of the last upload was not taken and why; it stays until it is dismissed or the next one.
function leftOut() {
  const title = el("strong.grow");
  const list = el("ul.problems");
  const close = iconButton("✕", strings.dismiss, () => show(element, false));
  const element = el("div.left-out", { role: "status", hidden: true }, el("div.line", title, close), list);
  follow("leftOut", ({ added, count, sentences }) => {
    show(element, sentences.length);
    text(title, words.leftOut(added, count));
    list.replaceChildren(...sentences.map((sentence) => el("li", sentence)));
  });
  return element;
}

// What is none of the others has its place at the end, also while there is no such class.
const NONE_YET = { name: UNKNOWN, colour: palette.length - 1, photos: 0, bursts: 0, files: 0, learnt: 0 };
const standing = (classes) => [...classes.filter((each) => each.name !== UNKNOWN),
  classes.find((each) => each.name === UNKNOWN) ?? NONE_YET];

const chosen = (input) => {
  const items = [...input.files].map((file) => ({ path: file.name, file }));
  input.value = "";
  return items;
};

function card(name) {
  const isUnknown = name === UNKNOWN;
  // Of several lines where it is long: a name is never cut.
  const field = el("textarea.name", { rows: 1, readonly: isUnknown, maxlength: 63, "aria-label": words.name, autocomplete: "off" }, named(name));
  const photoCount = el("div");
  const burstCount = el("div");
  const fileCount = el("div");
  const learnt = el("div");
  const counts = el("div.faint.counts", photoCount, burstCount, fileCount, learnt);
  const held = el("span");
  const key = el("kbd", { "aria-hidden": "true" });
  const hold = el("button.hold", held, key);
  const hint = el("p.hint");
  const photos = thumbnails(name);
  const none = el("p.empty.small", words.noPhotos);
  const swatches = colourChooser(name);
  const files = el("input.hidden-file", { type: "file", multiple: true, accept: "image/*", "aria-label": words.filesOf(name) });
  files.addEventListener("change", () => send(chosen(files), name));
  const fit = asTallAsItsText(field, counts);
  const become = (value) => {
    field.value = value;
    fit();
  };
  field.addEventListener("input", () => become(field.value.replaceAll("\n", " ")));
  // Also what was handed on to this field, of which the browser does not know that it was typed; not
  // where the window alone has lost the focus.
  field.addEventListener("blur", async () => {
    if (isUnknown || isHandingOn || document.activeElement === field || field.value === name) return;
    if (!(await rename(name, field.value)) && get("online")) become(name);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") become(named(name));
    if (event.key !== "Enter") return;
    event.preventDefault();
    field.blur();
  });
  holdButton(hold, () => name);

  const remove = iconButton("✕", words.remove(named(name)), () => removeClass(name));
  const moving = isUnknown ? [] : [
    iconButton("↑", words.up(name), () => move(name, -1)),
    iconButton("↓", words.down(name), () => move(name, 1))];

  const element = el("article.card", { "data-class": name, "aria-label": named(name) },
    el("div.line", swatches.element, field, ...moving, remove),
    isUnknown ? el("p.faint", words.unknownWhy) : null,
    el("div.line.record", hold, el("label.button.quiet", words.files, files)),
    el("div", el("div.line", counts, photos.filter), hint), none, photos.element);
  takeDrops(element, (items) => send(items, name), DRAGGED, ({ from, ids }) => movePhotos(ids, from, name));
  // Of the recording under way; of one that has just ended until the project tells of them, too.
  let taken = [];
  let drawn = null;

  element.update = (each, largest) => {
    const recording = get("recording");
    const online = get("online") !== false;
    if (recording?.class === name) taken = recording.photos;
    const isRecording = online && recording?.class === name;
    paint(element, palette[each.colour]);
    swatches.element.inert = remove.hidden = each === NONE_YET;
    swatches.update(each.colour);
    text(held, isRecording ? words.recording(taken.length) : words.hold);
    // Not while it is held: a disabled button does not hear that it is let go of.
    const isHeld = hold.classList.contains("held");
    hold.disabled = !isHeld && (!online || (get("board")?.status !== "connected" && !get("webcam")));
    const number = standing(get("project").classes).findIndex((other) => other.name === name) + 1;
    const hasKey = number <= KEYS;
    text(key, hasKey ? String(number) : "");
    show(key, hasKey);
    hold.title = hasKey ? words.holdHint(number) : words.holdOnly;
    if (hasKey) hold.setAttribute("aria-keyshortcuts", String(number));
    else hold.removeAttribute("aria-keyshortcuts");
    text(hint, advice(each, largest));
    const own = photosOf(name);
    const known = taken.length ? new Set(own.map((photo) => photo.id)) : null;
    const unknown = taken.filter((id) => !known.has(id));
    if (recording?.class !== name) taken = unknown;
    const fresh = unknown.map((id) => ({ id, burst: "now" }));
    text(photoCount, words.photos(each.photos + fresh.length));
    const tested = testedOf(each);
    const bursts = tested ?? each.bursts + (fresh.length ? 1 : 0);
    const files = tested === null ? each.files : 0;
    text(burstCount, bursts || !files ? words.bursts(bursts) : "");
    burstCount.title = tested === null ? words.counted : words.tested;
    text(fileCount, files ? words.ofFiles(files) : "");
    text(learnt, each.learnt ? words.learnt(each.learnt) : "");
    show(none, !own.length && !fresh.length);
    // Much is told that changes nothing here: thousands of photographs are not gone through for it.
    if (fresh.length || drawn !== own) photos.update([...own, ...fresh]);
    drawn = fresh.length ? null : own;
  };
  return element;
}

// A class's photographs in the project: the same list for as long as they are the same, so that what
// changes in one class draws nothing of the others.
let sorted = null; // the project's photographs that `byClass` is of
let byClass = new Map();
const NO_PHOTOS = [];
function photosOf(name) {
  const { photos } = get("project");
  if (sorted !== photos) {
    const now = Map.groupBy(photos, ({ id }) => id.slice(0, id.indexOf("/")));
    for (const [each, list] of now) if (areSame(list, byClass.get(each))) now.set(each, byClass.get(each));
    [sorted, byClass] = [photos, now];
  }
  return byClass.get(name) ?? NO_PHOTOS;
}
const areSame = (list, before) => list.length === before?.length
  && list.every(({ id, burst, time }, place) => id === before[place].id && burst === before[place].burst && time === before[place].time);

// How many recordings the last test has found in a class by what its photographs show, which files say
// nothing of; null where none was made since it changed.
function testedOf({ name, photos, learnt }) {
  const row = get("report")?.classes.find(({ label }) => label === name);
  return row?.photos === photos + learnt ? row.recordings : null;
}

function advice(each, largest) {
  if (!each.photos) return "";
  if (each.photos < ENOUGH) return words.few(ENOUGH - each.photos);
  if ((testedOf(each) ?? each.bursts + each.files) < 2) return words.oneBurst;
  if (each.name !== UNKNOWN && largest.photos >= IMBALANCE * each.photos) return words.unbalanced(largest.name);
  return words.enough;
}

const iconButton = (sign, label, onclick) => el("button.quiet.icon", { titled: label, onclick }, sign);

async function rename(name, wanted) {
  const done = await attempt(() => api.changeClass(name, { name: wanted }));
  if (done && done.name !== name) notice(words.renamed(name, done.name), { undo: ["changeClass", done.name, { name }] });
  return done;
}

// Have a field be as tall as what is in it, whenever its width changes or something else of its card,
// `beside`, such as the size of letters; returns what measures it anew.
function asTallAsItsText(field, beside) {
  const fit = () => {
    field.style.height = "0";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  };
  new ResizeObserver(fit).observe(beside);
  let width = 0;
  // Not at once: an observer that resizes what it observes is called again without end.
  new ResizeObserver(() => requestAnimationFrame(() => {
    if (field.clientWidth !== width) fit();
    width = field.clientWidth;
  })).observe(field);
  return fit;
}

// Another page may rename the class whose name is being typed here: what is typed, with the focus,
// goes on in the class's new card.
let isHandingOn = false;
function handingOn(list, shown, draw) {
  const cards = [...list.children];
  const field = list.querySelector(".name:focus");
  const place = cards.findIndex((each) => each.contains(field));
  const isRenamed = field && !shown.some((each) => each.name === cards[place].dataset.class)
    && shown.length === cards.length && !cards.some((each) => each.dataset.class === shown[place].name);
  const typed = isRenamed && field.value !== cards[place].dataset.class ? field.value : null;
  const at = isRenamed ? [field.selectionStart, field.selectionEnd] : [];
  isHandingOn = isRenamed;
  draw();
  if (isRenamed) {
    const next = list.children[place].querySelector(".name");
    if (typed !== null) next.value = typed;
    next.focus();
    next.setSelectionRange(...at);
  }
  isHandingOn = false;
}

async function recolour(name, colour) {
  const before = get("project").classes.find((each) => each.name === name).colour;
  const done = await attempt(() => api.changeClass(name, { colour }));
  if (done) notice(words.recoloured(name), { undo: ["changeClass", name, { colour: before }] });
}

async function move(name, by) {
  const all = get("project").classes.map((each) => each.name);
  const names = all.filter((each) => each !== UNKNOWN);
  const from = names.indexOf(name);
  const to = from + by;
  if (to < 0 || to >= names.length) return;
  [names[from], names[to]] = [names[to], names[from]];
  const done = await attempt(() => api.orderClasses([...names, ...all.filter((each) => each === UNKNOWN)]));
  if (done) notice(words.reordered(name), { undo: ["orderClasses", all] });
}

async function removeClass(name) {
  const done = await attempt(() => api.deleteClass(name));
  if (done) notice(words.removed(name), { undo: done.undo });
}

function colourChooser(name) {
  const group = newId("colour");
  const inputs = palette.map((colour, index) => {
    const input = el("input", { type: "radio", name: group, value: index, "aria-label": words.colourNumber(index + 1) });
    input.addEventListener("change", () => recolour(name, index));
    paint(input, colour);
    return input;
  });
  const summary = el("summary", { titled: words.colour(name) });
  const element = el("details.swatch", summary,
    el("div.palette", { role: "radiogroup", "aria-label": words.colour(name) }, ...inputs));
  element.addEventListener("focusout", (event) => {
    if (!element.contains(event.relatedTarget)) element.open = false;
  });
  return { element, update: (colour) => { inputs[colour].checked = true; } };
}
