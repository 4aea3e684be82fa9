// What an answer of the verifier is called on the phone: one sentence, and what to do next.

const ZONE = "Asia/Shanghai";
const DAY_MS = 86_400_000;
const SHIFT_MS = 8 * 3_600_000;

/** Why nothing was opened: of several reasons the one that the person can do most about. */
const WHY = [
  "practice.no_registration",
  "practice.locked",
  "practice.site_code_used",
  "practice.site_code_wrong",
  "place.contradicted",
  "practice.reason_needed",
  "place.browser_alone",
  "place.stale",
  "place.too_coarse",
  "place.no_position",
];
const REFUSED = new Set([
  "network",
  "auth.invalid",
  "capture.injected",
  "capture.not_one_face",
  "challenge.expired",
  "legal_basis.missing",
  "legal_basis.notice_unknown",
  "practice.site_code_wrong",
  "practice.site_unknown",
  "practice.time_outside",
  "practice.too_many",
  "practice.unknown",
  "practice.window_unknown",
  "registration.code_invalid",
  "registration.key_refused",
  "registration.too_many",
  "verifier.busy",
  "verifier.unavailable",
]);

/** The sentence on a check-in that opened or closed nothing. */
export function whyNot(t, answer) {
  if (answer.place === "refuted" && !answer.reasons.includes("place.contradicted")) {
    return t("console.phone.why.outside");
  }
  const found = WHY.find((code) => answer.reasons.includes(code));
  return t(`console.phone.why.${found ?? "other"}`);
}

/** The sentence on a request that was refused. */
export function refusal(t, code) {
  if (code.startsWith("roster.")) return t("console.phone.swap.refused");
  return t(`console.phone.refused.${REFUSED.has(code) ? code : "other"}`);
}

/** Hours and minutes in the hospital; with the day where it is another than today. */
export function time(moment, now) {
  const at = new Date(moment);
  const clock = formatted(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return day(at) === day(new Date(now)) ? clock : `${day(at).slice(5)} ${clock}`;
}

/** As a field for date and time has it, in the hospital's time. */
export const forField = (moment) => new Date(Date.parse(moment) + SHIFT_MS).toISOString().slice(0, 16);

/** The moment that such a field says. */
export const fromField = (value) => new Date(`${value}:00+08:00`).toISOString();

/** Whether a moment was yesterday in the hospital. */
export const isYesterday = (moment, now) =>
  day(new Date(moment)) === day(new Date(Date.parse(now) - DAY_MS));

const day = (at) => formatted(at, { year: "numeric", month: "2-digit", day: "2-digit" });

const formatted = (at, parts) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, ...parts }).format(at);
