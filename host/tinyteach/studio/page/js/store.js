// What the studio has told, by part, and who wants to know when one changes.

const parts = {};
const listeners = new Map();

export const get = (part) => parts[part] ?? null;

export function put(part, value) {
  parts[part] = value;
  for (const listener of listeners.get(part) ?? []) listener(value);
}

// Call `listener` now if a part is known, and whenever it changes; of one part or of several.
export function follow(names, listener) {
  for (const part of [names].flat()) {
    if (!listeners.has(part)) listeners.set(part, []);
    listeners.get(part).push(listener);
    if (part in parts) listener(parts[part]);
  }
}
