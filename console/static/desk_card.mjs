// The desk's card reader, asked through the verifier and never on this machine; help with a number.

import { readNumber } from "./desk_number.mjs";
import { isLeaving } from "./leaving.mjs";

const EVERY_MS = 1000;
const DESK = "shualian-desk";

const form = document.querySelector("#card");
const typed = document.querySelector("#typed");

if (form) {
  const select = form.elements.desk;
  const state = document.querySelector("#card-state");
  const known = localStorage.getItem(DESK);
  if ([...select.options].some((each) => each.value === known)) select.value = known;
  const remember = () => {
    localStorage.setItem(DESK, select.value);
    typed.elements.desk.value = select.value;
  };
  remember();
  select.addEventListener("change", remember);

  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.status === 401 && !isLeaving()) location.reload();
      if (!answer.ok) {
        // A refusal is a page: it says what to do about this card.
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        state.textContent = page.querySelector(".trouble")?.textContent ?? state.dataset.away;
        return;
      }
      const { to } = await answer.json();
      if (to && !isLeaving()) location.assign(to);
    } catch {
      state.textContent = state.dataset.away;
    }
  };
  const again = async () => {
    await ask();
    setTimeout(again, EVERY_MS);
  };
  again();
}

const { kind, number } = typed.elements;
const about = document.querySelector("#about");
const help = document.querySelector("#number-help");

function show() {
  const citizen = ["resident_id", "household_register"].includes(kind.value);
  about.hidden = citizen;
  for (const each of about.querySelectorAll("input")) each.required = !citizen;
  help.textContent = citizen && number.value ? sentence(readNumber(number.value)) : "";
}

function sentence({ state, left, birth, sex }) {
  const text = help.dataset[state] ?? "";
  return text.replace("{left}", left).replace("{birth}", birth).replace("{sex}", help.dataset[sex] ?? "");
}

kind.addEventListener("change", show);
number.addEventListener("input", show);
show();
