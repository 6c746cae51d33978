// Elements without a framework: make one, keep a list of them in step with data.

// el("button.quiet.icon", { onclick: f, "aria-label": "…" }, "text", child, …); properties may be left out.
export function el(kind, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  if (children[0]?.constructor === Object) for (const [name, value] of Object.entries(children.shift())) set(element, name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.className = value;
  else if (name === "titled") for (const each of ["aria-label", "title"]) element.setAttribute(each, value); // seen and heard
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
}

// How far what takes long is: `step` has `done` and `total`; `isBusy` is whether it is under way.
export function progressBar(label) {
  const element = el("progress", { max: 1, value: 0, "aria-label": label });
  const tell = (step, isBusy, isDone = false) => {
    element.max = step.total || 1;
    element.value = isDone ? element.max : step.done ?? 0;
    element.classList.toggle("resting", !isBusy);
  };
  return { element, tell };
}

// Only where it differs: what has not changed keeps its focus, selection and layout.
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function show(element, visible) {
  element.hidden = !visible;
}

// Keep the children of `container` in step with `items`: those with a known key stay as they are.
export function keep(container, items, keyOf, make, update = () => {}) {
  const known = container.kept ?? (container.kept = new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, child] of known) {
    if (!wanted.has(key)) {
      child.remove();
      known.delete(key);
    }
  }
  let place = container.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let child = known.get(key);
    if (!child) {
      child = make(item);
      known.set(key, child);
    }
    if (child === place) place = place.nextElementSibling;
    else container.insertBefore(child, place);
    update(child, item);
  }
}

export function panel(step, name, ...children) {
  const id = `title-${step}`;
  return el("section.panel", { id: `panel-${step}`, "aria-labelledby": id },
    el("h2", { id }, name),
    ...children,
  );
}

let count = 0;
export const newId = (stem) => `${stem}-${++count}`;
