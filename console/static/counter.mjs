// Help while a number is typed, and the browser's own printer.

const CITIZENS = new Set(["resident_id", "social_security_card", "household_register"]);
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const LAST = "10X98765432";

// GB 11643: ISO 7064 MOD 11-2 over the first 17 digits.
function fits(number) {
  if (!/^\d{17}[\dX]$/.test(number)) return false;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return LAST[sum % 11] === number[17];
}

function tell(input) {
  const kind = document.getElementById(input.dataset.numberOf).value;
  const said = document.getElementById(`${input.id}-check`);
  const number = input.value.replace(/\s/g, "").toUpperCase();
  let text = "";
  if (CITIZENS.has(kind) && number) {
    if (number.length < 18) text = said.dataset.short;
    else text = fits(number) ? said.dataset.right : said.dataset.wrong;
  }
  if (said.textContent !== text) said.textContent = text;
}

for (const input of document.querySelectorAll("[data-number-of]")) {
  const kind = document.getElementById(input.dataset.numberOf);
  input.addEventListener("input", () => tell(input));
  kind.addEventListener("change", () => tell(input));
  tell(input);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
}

// A slip is on its way to a desk's printer: look again until something is known.
if (document.querySelector("[data-look-again]")) setTimeout(() => location.reload(), 2000);
