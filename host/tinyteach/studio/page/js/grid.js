// Small pictures in a box that scrolls; only those in sight are in the document, however many there
// are. One tab stop: arrows go from one to the next.

import { el, keep } from "./dom.js";

const SPARE = 2; // rows beyond those in sight, so that scrolling finds them drawn

// Boxes far from what is on the screen draw nothing but their tab stop.
const nearby = new IntersectionObserver(
  (entries) => entries.forEach(({ target, isIntersecting }) => target.come(isIntersecting)),
  { rootMargin: "300px" });
const sized = new ResizeObserver((entries) => entries.forEach(({ target }) => target.measure()));

// `make(item)` gives an element with role "option"; `mark(element, item, place)` has it say what is
// so now. Items have an `id`.
export function pictureGrid(name, make, mark) {
  const room = el("div.room", { role: "presentation" });
  const element = el("div.bursts", { role: "listbox", "aria-multiselectable": "true", "aria-label": name }, room);
  let items = [];
  let cell = 0;
  let columns = 1;
  let height = 0;
  let isNear = false;
  let stop = 0;

  element.come = (is) => {
    isNear = is;
    draw();
  };
  element.measure = () => {
    cell = parseFloat(getComputedStyle(element).getPropertyValue("--cell"));
    columns = Math.max(1, Math.floor(room.clientWidth / cell));
    height = element.clientHeight;
    draw();
  };

  function inSight() {
    if (!isNear || !cell) return [];
    const row = Math.floor(element.scrollTop / cell) - SPARE;
    const rows = Math.ceil(height / cell) + 2 * SPARE + 1;
    const from = Math.max(0, row) * columns;
    return items.slice(from, Math.max(0, row + rows) * columns).map((item, index) => ({ item, place: from + index }));
  }

  function draw() {
    room.style.height = `${Math.ceil(items.length / columns) * cell}px`;
    const drawn = inSight();
    if (items.length && !drawn.some(({ place }) => place === stop)) {
      drawn.push({ item: items[stop], place: stop });
      drawn.sort((a, b) => a.place - b.place);
    }
    keep(room, drawn, ({ item }) => item.id, ({ item }) => make(item), (child, { item, place }) => {
      child.place = place;
      child.tabIndex = place === stop ? 0 : -1;
      child.style.transform = `translate(${(place % columns) * cell}px, ${Math.floor(place / columns) * cell}px)`;
      child.setAttribute("aria-posinset", place + 1);
      child.setAttribute("aria-setsize", items.length);
      mark(child, item, place);
    });
  }

  // Have the tab stop there, in sight and with the focus.
  function focus(place) {
    stopAt(place);
    const top = Math.floor(stop / columns) * cell;
    if (top < element.scrollTop) element.scrollTop = top;
    if (top + cell > element.scrollTop + height) element.scrollTop = top + cell - height;
    draw();
    child(stop)?.focus();
  }

  function stopAt(place) {
    stop = Math.max(0, Math.min(place, items.length - 1));
  }

  // Where a key leads from a place; undefined where nowhere.
  function next(from, key) {
    const page = Math.max(1, Math.floor(height / cell)) * columns;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page }[key];
    if (key === "Home") return 0;
    if (key === "End") return items.length - 1;
    const to = from + by;
    return to >= 0 && to < items.length ? to : undefined;
  }

  const child = (place) => [...room.children].find((each) => each.place === place);
  element.addEventListener("scroll", draw, { passive: true });
  element.addEventListener("focusin", ({ target }) => {
    stopAt(target.closest("[role=option]")?.place ?? stop);
    draw();
  });
  nearby.observe(element);
  sized.observe(element);

  return {
    element, draw, focus, next,
    set: (now) => {
      items = now;
      stopAt(stop);
      draw(); // its size is measured when that changes, which what is drawn may bring about
    },
  };
}
