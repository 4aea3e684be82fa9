// What the pages do beyond their forms: a form is sent once, and its reason is where the eyes are.
// One whose answer is a file stays on the page and may be sent again: it says so by `data-again`.

for (const form of document.forms) {
  if ("again" in form.dataset) continue;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// A page that the browser kept may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

const trouble = document.querySelector(".trouble");
if (trouble) {
  trouble.tabIndex = -1;
  trouble.focus();
}

// On a phone the rooms are behind one touch; without scripts, and on a wider screen, all stand there.
const rooms = document.querySelector(".rooms details");
if (rooms) {
  const narrow = matchMedia("(width < 40rem)");
  const fit = () => (rooms.open = !narrow.matches);
  narrow.addEventListener("change", fit);
  fit();
}
