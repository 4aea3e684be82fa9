// A table and a ZIP are sent in parts, each by a form of its own, so that a lost line costs one part.

const TRIES = 4;
const form = document.querySelector("#hand-over");

function show(box, text) {
  box.textContent = text;
  box.hidden = !text;
}

// A refusal is a page; its reason stands in it.
async function reasonOf(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-code] > p")?.textContent.trim() ?? String(answer.status);
}

async function post(path, body) {
  body.append("form_token", form.elements.form_token.value);
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await fetch(path, { method: "POST", body, cache: "no-store" });
      if (answer.ok) return answer;
      if (answer.status < 500 || tried === TRIES) throw new Error(await reasonOf(answer));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (tried === TRIES) throw new Error(form.dataset.line);
    }
    await new Promise((done) => setTimeout(done, 500 * 2 ** tried));
  }
}

async function send(batch, what, file, told) {
  const part = Number(form.dataset.part);
  for (let index = 0; index * part < file.size; index += 1) {
    const body = new FormData();
    body.append("what", what);
    body.append("index", String(index));
    body.append("part", file.slice(index * part, (index + 1) * part), "part");
    await post(`/console/batches/${batch}/parts`, body);
    told(Math.min(part, file.size - index * part));
  }
}

async function handOver() {
  const [table] = form.elements.table.files;
  const [photos] = form.elements.photos.files;
  const bar = document.querySelector("#sent");
  const words = document.querySelector("#sent-words");
  const all = table.size + photos.size;
  let sent = 0;
  const told = (bytes) => {
    sent += bytes;
    bar.value = sent / all;
    words.textContent = form.dataset.sending.replace("{percent}", Math.floor((100 * sent) / all));
  };
  told(0);
  document.querySelector("#sending").hidden = false;
  const sizes = new URLSearchParams({ table_bytes: table.size, photo_bytes: photos.size });
  const { batch } = await (await post("/console/batches", sizes)).json();
  await send(batch, "table", table, told);
  await send(batch, "photos", photos, told);
  words.textContent = form.dataset.reading;
  const answer = await post(`/console/batches/${batch}/look`, new URLSearchParams());
  location.assign(answer.url);
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const trouble = document.querySelector("#hand-over-trouble");
  if (button.disabled) return;
  show(trouble, "");
  button.disabled = true;
  try {
    await handOver();
  } catch (error) {
    show(trouble, error.message);
    document.querySelector("#sending").hidden = true;
    button.disabled = false;
  }
});
