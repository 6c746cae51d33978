// Which of a class's photographs are shown: all, those that the last test was wrong about or not sure
// of, copies, those of one recording.

import { el, keep, show } from "./dom.js";
import { follow, get } from "./store.js";
import { strings } from "./strings.js";

const words = strings.filters;
const SURE = 0.9; // where a report does not say it

export const isDoubtful = ({ label, predicted, probability }, { sure }) => label !== predicted || probability < (sure ?? SURE);

// What the last report says of photographs by their ids.
const known = new WeakMap();
const NOTHING = { tested: new Map(), copies: new Set(), sure: SURE };
function judged() {
  const report = get("report");
  if (!report) return NOTHING;
  if (!known.has(report)) {
    const copies = [...(report.enough?.copies ?? []), ...(report.in_several_classes ?? [])].flat();
    known.set(report, { tested: new Map(report.tested.map((each) => [each.name, each])), copies: new Set(copies), sure: report.sure });
  }
  return known.get(report);
}

const kinds = {
  worst: (photos, { tested }) => photos
    .filter(({ id }) => tested.has(id) && tested.get(id).label !== tested.get(id).predicted)
    .sort((a, b) => tested.get(b.id).probability - tested.get(a.id).probability),
  unsure: (photos, { tested, sure }) => photos
    .filter(({ id }) => tested.has(id) && tested.get(id).label === tested.get(id).predicted && isDoubtful(tested.get(id), { sure }))
    .sort((a, b) => tested.get(a.id).probability - tested.get(b.id).probability),
  copies: (photos, { copies }) => photos.filter(({ id }) => copies.has(id)),
  webcam: (photos) => photos.filter(({ source }) => source === "webcam"),
};

// Those that `filter` leaves, in its order.
export function filtered(photos, filter) {
  if (filter === "all") return photos;
  return kinds[filter]?.(photos, judged()) ?? photos.filter(({ burst }) => burst === filter);
}

// A choice for one class; `chosen()` is called when another was made or the report changed.
export function filterChoice(className, chosen) {
  const group = el("optgroup", { label: words.recordings });
  const fixed = ["all", ...Object.keys(kinds)].map((kind) => el("option", { value: kind }));
  const element = el("select.filter", { "aria-label": words.show(className), onchange: () => chosen() }, ...fixed, group);
  let photos = [];

  function tell() {
    for (const option of fixed) {
      const count = filtered(photos, option.value).length;
      option.textContent = words.kinds[option.value](count);
      option.disabled = option.hidden = !count && option.value !== element.value;
    }
    // A photograph that is its own recording needs no filter.
    const bursts = [...Map.groupBy(photos, ({ burst }) => burst)].map(([burst, { length }], index) => ({ burst, length, number: index + 1 }));
    keep(group, bursts.filter(({ length }) => length > 1), ({ burst }) => burst, ({ burst }) => el("option", { value: burst }),
      (option, { number, length }) => { option.textContent = words.recording(number, length); });
    show(group, group.childElementCount > 1);
    if (element.selectedIndex < 0 || !filtered(photos, element.value).length) element.value = "all";
    show(element, photos.length > 1);
  }

  // Its options are told when somebody is about to choose: thousands of photographs have many.
  for (const event of ["focus", "pointerenter"]) element.addEventListener(event, tell);
  follow("report", () => {
    if (element.value in kinds) chosen();
  });
  return {
    element,
    apply: (all) => {
      photos = all;
      if (element.value !== "all" || document.activeElement === element) tell();
      else {
        fixed[0].textContent = words.kinds.all(photos.length);
        show(element, photos.length > 1);
      }
      return filtered(photos, element.value);
    },
  };
}
