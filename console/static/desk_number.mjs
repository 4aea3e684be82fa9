// What an ID number says while it is typed (GB 11643). The server judges it; this only helps.

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";

/** `state`: short (with how many are `left`), date, check or good (with `birth` and `sex`). */
export function readNumber(text) {
  const number = text.replaceAll(/\s/g, "").toUpperCase();
  if (number.length < 18) return { state: "short", left: 18 - number.length };
  const [year, month, day] = [number.slice(6, 10), number.slice(10, 12), number.slice(12, 14)];
  const birth = `${year}-${month}-${day}`;
  const date = new Date(`${birth}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== birth) return { state: "date" };
  const sum = WEIGHTS.reduce((all, weight, place) => all + weight * Number(number[place]), 0);
  if (number.length > 18 || CHECKS[sum % 11] !== number[17]) return { state: "check" };
  return { state: "good", birth, sex: Number(number[16]) % 2 ? "male" : "female" };
}
