// Elements without markup strings: text can only ever be text.

/**
 * An element. `props` are properties, except `class`, `data` (an object of data-*), `on` (listeners) and names
 * with a hyphen or `role`, which are attributes. Children that are null or false are left out.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    set(element, name, value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== false));
  return element;
}

function set(element, name, value) {
  if (name === "class") element.className = value;
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name.includes("-") || name === "role") {
    element.setAttribute(name, value === true ? "true" : value);
  } else element[name] = value;
}

/** Sets an element's text only where it changes, so that a screen reader does not repeat it. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
