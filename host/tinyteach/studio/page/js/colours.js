// M. Okabe and K. Ito's palette: told apart by people with any kind of colour vision. A colour never
// stands alone, the class's name is beside it.

import { get } from "./store.js";

export const palette = [
  "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c8c8c",
];
export const UNKNOWN = "unknown";

export function colourOf(name) {
  const found = (get("project")?.classes ?? []).find((each) => each.name === name);
  return found ? palette[found.colour] : "#8c8c8c";
}

export const paint = (element, colour) => element.style.setProperty("--class", colour);
