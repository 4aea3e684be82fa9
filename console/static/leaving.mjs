// Whether somebody is on the way to another page, by a form or a link. A script that answers the
// camera or a reader meanwhile leads nowhere else: it would call back what was just touched.

let going = false;

addEventListener("submit", ({ target, defaultPrevented }) => {
  if (!defaultPrevented && !("again" in target.dataset)) going = true;
});

addEventListener("click", (event) => {
  const aside = event.button || event.ctrlKey || event.metaKey || event.shiftKey;
  if (!aside && event.target.closest?.('a[href]:not([download], [target], [href^="#"])')) going = true;
});

// A page that the browser kept is looked at again.
addEventListener("pageshow", () => {
  going = false;
});

export const isLeaving = () => going;
