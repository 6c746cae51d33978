// M. Okabe and K. Ito's palette: told apart by people with any kind of colour vision. A colour never
// stands alone, the class's name is beside it.

import { get } from "./store.js";

export const palette = [
  "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c8c8c",
];
export const UNKNOWN = "unknown";

export function colourOf(name) {
  const found = (get("project")?.classes ?? []).find((each) => each.name === name);
  return found ? palette[found.colour] : ofBoard(name);
}

// What only the board knows has colours that no class of the project has, while there are some.
function ofBoard(name) {
  const used = (get("project")?.classes ?? []).map((each) => each.colour);
  const free = palette.filter((_, index) => !used.includes(index) && index !== palette.length - 1);
  const place = (get("board")?.facts.labels ?? []).indexOf(name);
  return place < 0 || !free.length ? "#8c8c8c" : free[place % free.length];
}

export const paint = (element, colour) => element.style.setProperty("--class", colour);
