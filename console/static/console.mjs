// What the pages do beyond their forms: a form is sent once, and its reason is where the eyes are.

for (const form of document.forms) {
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
