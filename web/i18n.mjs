// The catalogue: every text of the screens by key, zh first.

const texts = {};

/** Fetches the texts of these rooms (files `ROOM.LANGUAGE.json`); call once before `translator`. */
export async function loadCatalogues(languages = ["zh", "en"], rooms = ["catalogue"]) {
  const load = async (language, room) => {
    const answer = await fetch(`/web/${room}.${language}.json`);
    texts[language] = { ...texts[language], ...(await answer.json()) };
  };
  await Promise.all(languages.flatMap((language) => rooms.map((room) => load(language, room))));
}

/** `t(key, values)` for one language. A missing key shows itself: a test finds it before a person does. */
export function translator(language) {
  return (key, values = {}) => {
    const text = texts[language]?.[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  };
}
