// Files dropped or chosen: sent one by one, then imported together.

import { api } from "./api.js";
import { attempt, notice } from "./notices.js";
import { follow, put } from "./store.js";
import { strings, told } from "./strings.js";

const words = strings.classes;
const ARCHIVE = /\.(zip|tm|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$/i;

// While the studio takes them over it says how far it is.
follow("importing", (step) => {
  if (step?.total) put("sending", words.importing(step.done, step.total));
});

const isBare = (path) => !path.includes("/") && !ARCHIVE.test(path);

// Bare photographs belong to `className`; what lies in folders brings its class along.
export async function send(items, className) {
  if (!items.length) return;
  // Bare files were sent as a class's; here they have the names that they were chosen by.
  const bare = new Set(className ? items.map(({ path }) => path).filter(isBare) : []);
  const asChosen = (sentence) => {
    const name = sentence.slice(sentence.indexOf(`${className}/`) + className.length + 1).split(": ")[0];
    return told(sentence, (said) => (bare.has(name) ? said.replace(`${className}/${name}`, name) : said));
  };
  await attempt(async () => {
    const { upload } = await api.beginUpload();
    try {
      for (const [index, { path, file }] of items.entries()) {
        put("sending", words.sending(index + 1, items.length));
        await api.sendFile(upload, isBare(path) && className ? `${className}/${path}` : path, file);
      }
      put("sending", words.importing(0, items.length));
      const { added, skipped, told: decided } = await api.importUpload(upload);
      const count = Object.values(added).reduce((sum, each) => sum + each, 0);
      notice([words.imported(count, skipped.length), ...decided.map((each) => told(each))].join(" "));
      put("leftOut", { added: count, count: skipped.length, sentences: skipped.map(asChosen) });
    } catch (error) {
      await api.dropUpload(upload).catch(() => null);
      const sentence = asChosen(error.sentence ?? error.message);
      put("leftOut", { added: 0, count: items.length, sentences: [sentence] });
      throw new Error(sentence);
    } finally {
      put("sending", null);
    }
  });
}
