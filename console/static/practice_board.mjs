// The board renews itself every ten seconds, and leaves the keyboard where it is.

const EVERY_MS = 10_000;
// Renewing counts as use of the session: after ten minutes without a hand it stops, so that a
// screen left alone is signed out as any other.
const HANDS_OFF_MS = 10 * 60_000;

const board = document.querySelector("#board");
const told = document.querySelector("#board-stale");
let touched = performance.now();
let asking = false;

for (const kind of ["pointerdown", "keydown", "wheel"]) {
  addEventListener(kind, () => {
    touched = performance.now();
  }, { passive: true });
}

function tell(text) {
  if (told.textContent !== text) told.textContent = text;
}

function put(html) {
  const held = board.contains(document.activeElement) ? document.activeElement.id : "";
  board.innerHTML = html;
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

async function renew() {
  if (document.hidden || asking) return;
  if (performance.now() - touched > HANDS_OFF_MS) {
    tell(told.dataset.rest);
    return;
  }
  asking = true;
  try {
    const answer = await fetch(board.dataset.part + location.search, { cache: "no-store" });
    if (answer.redirected) {
      location.reload();
    } else if (answer.ok) {
      put(await answer.text());
      tell("");
    } else {
      tell(told.dataset.text);
    }
  } catch {
    tell(told.dataset.text);
  } finally {
    asking = false;
  }
}

setInterval(renew, EVERY_MS);
