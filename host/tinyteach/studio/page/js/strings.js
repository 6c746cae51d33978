// The page's words in one language, which alone is loaded: the one chosen in the header, else the first
// that the browser asks for, else English. A cookie keeps the choice: what else a browser keeps is of one
// port, and each project's studio has its own.

import { UNKNOWN } from "./colours.js";

const KEY = "tinyteach-language";
const TAGS = { en: "en", zh: "zh-Hans" };
const YEAR_S = 365 * 24 * 3600;

const chosen = document.cookie.match(new RegExp(`(?:^|; )${KEY}=(\\w+)`))?.[1];
const asked = navigator.languages.map((each) => each.split("-")[0]);
const language = [chosen, ...asked].find((each) => Object.hasOwn(TAGS, each)) ?? "en";
document.documentElement.lang = TAGS[language];

export const { strings, percent } = await import(`./strings/${language}.js`);

// A class as it is shown: what is none of them is called so in the project's files, too.
export const named = (name) => (name === UNKNOWN ? strings.unknown : name);

// There are two; from then on the page is in the other one.
export const otherLanguage = Object.keys(TAGS).find((each) => each !== language);
export const otherTag = TAGS[otherLanguage];

export function chooseLanguage(name) {
  document.cookie = `${KEY}=${name}; path=/; max-age=${YEAR_S}; samesite=strict`;
}
