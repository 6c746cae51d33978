// The page's words in one language, which alone is loaded: the one chosen in the header, else the first
// that the browser asks for, else English. A cookie keeps it: what else a browser keeps is of one port,
// and each studio has its own.

import { UNKNOWN } from "./colours.js";

const KEY = "tinyteach-language";
const TAGS = { en: "en", zh: "zh-Hans" };
const YEAR_S = 365 * 24 * 3600;

const chosen = document.cookie.match(new RegExp(`(?:^|; )${KEY}=(\\w+)`))?.[1];
const asked = navigator.languages.map((each) => each.split("-")[0]);
const language = [chosen, ...asked].find((each) => Object.hasOwn(TAGS, each)) ?? "en";
document.documentElement.lang = TAGS[language];

// Names that are written from right to left turn no sentence about: each is isolated (Unicode's FSI and PDI).
const TO_THE_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
function isolated(value) {
  if (Array.isArray(value)) return value.map(isolated);
  return typeof value === "string" && TO_THE_LEFT.test(value) ? `\u2068${value}\u2069` : value;
}
function isolating(words) {
  if (typeof words === "function") return (...values) => words(...values.map(isolated));
  if (typeof words !== "object") return words;
  return Object.fromEntries(Object.entries(words).map(([key, each]) => [key, isolating(each)]));
}

// The same of a sentence of the studio's own, in which names stand already.
const NAMES = new RegExp(`${TO_THE_LEFT.source}(?:[\\s\\p{M}\\p{N}_-]*${TO_THE_LEFT.source})*`, "gu");
const isolatedIn = (sentence) => sentence.replace(NAMES, "\u2068$&\u2069");

const words = await import(`./strings/${language}.js`);
export const { percent } = words;
export const strings = isolating(words.strings);

// A class as it is shown: what is none of them is called so in the project's files, too.
export const named = (name) => (name === UNKNOWN ? strings.unknown : name);

// There are two.
export const otherLanguage = Object.keys(TAGS).find((each) => each !== language);
export const otherTag = TAGS[otherLanguage];

export function chooseLanguage(name) {
  document.cookie = `${KEY}=${name}; path=/; max-age=${YEAR_S}; samesite=strict`;
}

// What the studio says is English; beside it stands a code, and what varies. By that this page says it in
// its own language, of which the sentences are loaded with the first.
const CODES_MAX = 2000;
const codes = new Map();
let sentences = null;

export async function learn(answer) {
  if (language === "en" || !answer.codes) return;
  sentences ??= fetch(`js/strings/${language}-said.json`).then((file) => file.json()).catch(() => ({}));
  const known = await sentences;
  if (codes.size > CODES_MAX) codes.clear();
  for (const [sentence, coded] of Object.entries(answer.codes)) codes.set(sentence, filled(coded, known));
}

const together = new Intl.ListFormat(TAGS[language], { type: "conjunction" });
function filled({ code, values }, known) {
  const shown = (value, isShare) => {
    if (Array.isArray(value)) return together.format(value.map((each) => shown(each, isShare)));
    if (typeof value === "object") return filled(value, known);
    return typeof value === "number" && isShare ? percent(value) : isolated(named(String(value)));
  };
  return known[code]?.replace(/\{(\w+)(\|percent)?\}/g, (_, name, isShare) => shown(values[name], isShare));
}

// As this page says it; where it cannot, as the studio did. `change` is done to it before names in it are isolated.
export function told(sentence, change = (said) => said) {
  const said = codes.get(sentence);
  return said ? change(said) : sentence && isolatedIn(change(sentence));
}
export const tongueOf = (sentence) => (codes.get(sentence) ? null : "en");
