// The outcome appears under the form, so that the chosen file stays chosen for a download.

const form = document.querySelector("form[data-again]");
const outcome = document.querySelector("#outcome");
const busy = document.querySelector("#busy");

async function show(button) {
  const said = new FormData(form);
  said.append("as", "page");
  button.disabled = true;
  busy.textContent = busy.dataset.text;
  try {
    const answer = await fetch(form.action, { method: "POST", body: said });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("#outcome");
    const trouble = page.querySelector(".trouble");
    if (!found) throw new Error("another page");
    outcome.replaceChildren(...(trouble ? [trouble] : found.children));
    const first = outcome.querySelector("h2, .trouble");
    if (first) {
      first.tabIndex = -1;
      first.focus();
    }
  } catch {
    form.submit();  // signed out, or no network: the page itself says so
  } finally {
    busy.textContent = "";
    button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "page") return;
  event.preventDefault();
  show(event.submitter);
});
