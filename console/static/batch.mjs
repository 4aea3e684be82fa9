// A batch at work renews itself every two seconds; when it is finished the page is loaded anew.

const EVERY_MS = 2_000;
// Renewing counts as use of the session: after ten minutes without a hand it stops.
const HANDS_OFF_MS = 10 * 60_000;

const batch = document.querySelector("#batch");
const told = document.querySelector("#batch-stale");
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

async function renew() {
  if (document.hidden || asking) return;
  if (performance.now() - touched > HANDS_OFF_MS) {
    tell(told.dataset.rest);
    return;
  }
  asking = true;
  try {
    const answer = await fetch(batch.dataset.part, { cache: "no-store" });
    if (answer.redirected) {
      location.reload();
    } else if (answer.ok) {
      batch.innerHTML = await answer.text();
      if (!batch.querySelector("[data-live]")) location.reload();
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

if (batch?.dataset.live) setInterval(renew, EVERY_MS);
