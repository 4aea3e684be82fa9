// The catalogue: every text of the screens by key, zh first.

const texts = {};

/** Fetches both catalogues; call once before `translator`. */
export async function loadCatalogues(languages = ["zh", "en"]) {
  const load = async (language) => {
    const answer = await fetch(`/web/catalogue.${language}.json`);
    texts[language] = await answer.json();
  };
  await Promise.all(languages.map(load));
}

/** `t(key, values)` for one language. A missing key shows itself: a test finds it before a person does. */
export function translator(language) {
  return (key, values = {}) => {
    const text = texts[language]?.[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  };
}
