// The physician's phone: enrolled once at a site, then in, out, and what was forgotten.

import { loadCatalogues, translator } from "../../web/i18n.mjs";
import { answerSwap, askFace, askSwap, checkIn, enrol, readState, readSwaps, sayFace, sayOut, sendFace, Told } from "./phone_calls.mjs";
import { hasCamera, sealed, take } from "./phone_face.mjs";
import { faceCard, mirror } from "./phone_face_screens.mjs";
import { canHoldAKey, forget, load, newId, newKeys, save } from "./phone_key.mjs";
import { position, scan } from "./phone_place.mjs";
import * as recheck from "./phone_recheck.mjs";
import * as screens from "./phone_screens.mjs";
import { swapping } from "./phone_swaps.mjs";
import { fromField, refusal, time, whyNot } from "./phone_words.mjs";

const GONE = ["terminal.suspended", "terminal.unknown"];
const OPENED = ["confirmed", "provisional", "already_in"];

const main = document.getElementById("phone");
const language = document.documentElement.lang === "en" ? "en" : "zh";
const t = translator(language);

/** All that the screen follows from. `request` stays the same until an answer came. */
const shown = { record: null, state: null, note: null, siteCode: "", asks: false, request: null };
let busy = false;

await loadCatalogues([language], ["console_phone"]);
if (canHoldAKey()) {
  await attempt(async () => {
    shown.record = (await load()) ?? null;
    await refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    keepWhatIsTyped();
    attempt(refresh);
  });
  recheck.watching(lookAgain);
} else draw();

async function refresh() {
  const { record } = shown;
  shown.state = record?.phone ? await readState(record) : null;
  shown.swaps = record?.phone ? await readSwaps(record) : null;
}

/** Ask for the state quietly: the screen changes where that did, and never under a hand. */
async function lookAgain() {
  const { record, state } = shown;
  if (busy || !record?.phone || !state || state.gone || document.querySelector("dialog")) return;
  const now = await readState(record).catch(() => null); // asked again in a minute
  if (!now || busy || shown.state !== state || recheck.same(state, now)) return;
  if (recheck.isOpen(now) && !recheck.isOpen(state)) recheck.remind(t, now);
  keepWhatIsTyped();
  shown.state = now;
  shown.note = null;
  if (recheck.wasAnswered(state, now)) answered();
  draw();
}

function answered() {
  const until = time(shown.state.window.until, shown.state.at);
  tell("done", t("console.phone.recheck.done", { until }));
}

/** One thing at a time, its refusal said, and the screen as it is afterwards. */
async function attempt(act) {
  if (busy) return;
  busy = true;
  main.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Told)) throw error;
    const gone = GONE.includes(error.code);
    if (gone) shown.state = { gone };
    tell("care", gone ? t("console.phone.gone") : refusal(t, error.code));
  } finally {
    busy = false;
    main.removeAttribute("aria-busy");
    draw();
  }
}

function enrolNow(code, siteCode) {
  shown.note = null;
  return attempt(async () => {
    shown.siteCode = siteCode;
    shown.code = code;
    const keys = shown.record?.keys ?? (await newKeys());
    shown.record = { keys };
    await save(shown.record); // an answer that is lost is asked for again with the same key
    const { phone } = await enrol(keys, code, siteCode);
    shown.record = { keys, phone };
    await save(shown.record);
    shown.siteCode = "";
    history.replaceState(null, "", location.pathname);
    await refresh();
    tell("done", t("console.phone.enrolled"));
  });
}

function enter(siteCode, reason, withFace) {
  shown.note = null;
  return attempt(async () => {
    shown.siteCode = siteCode.trim();
    shown.request ??= newId();
    const said = { request: shown.request, act: "in", reason, position: await position() };
    if (shown.siteCode) said.site_code = shown.siteCode;
    if (withFace) {
      const receipt = await face();
      if (receipt === null) return;
      said.receipt_id = receipt;
    }
    let answer = await checkIn(shown.record, said);
    if (answer.reasons.includes("practice.move_unconfirmed") && (await leaves(answer.elsewhere))) {
      answer = await checkIn(shown.record, { ...said, move: true });
    }
    await entered(answer);
  });
}

/** The receipt of a decision that it is the holder; null where it is not, or was called off. */
async function face() {
  const touched = new Date().toISOString();
  const question = await askFace(shown.record);
  const taken = await looking();
  if (taken === null) return null;
  const evidence = await sealed(taken, question.seal_key);
  const { decision, receipt_id: receipt } = await sendFace(shown.record, question, evidence, touched);
  if (decision.outcome === "accepted") return receipt;
  tell("care", t("console.phone.face.unsure"));
  return null;
}

async function looking() {
  try {
    return await mirror(t, take);
  } catch {
    tell("care", t("console.phone.face.no_camera"));
    return null;
  }
}

function consent(agree) {
  shown.note = null;
  return attempt(async () => {
    const { notice_version: notice } = shown.state.face;
    shown.state = await sayFace(shown.record, agree, notice);
    tell("done", t(`console.phone.face.${agree ? "done_agree" : "done_disagree"}`));
  });
}

async function entered(answer) {
  const { state } = shown;
  const opened = OPENED.includes(answer.outcome);
  shown.asks = answer.reasons.includes("practice.reason_needed");
  if (opened || answer.outcome === "denied") shown.request = null;
  if (opened || answer.reasons.some((code) => code.startsWith("practice.site_code"))) shown.siteCode = "";
  await refresh();
  if (answer.reasons.includes("practice.move_unconfirmed")) return tell("care", t("console.phone.stayed"));
  if (!opened) return tell("care", whyNot(t, answer));
  if (recheck.wasAnswered(state, shown.state)) return answered();
  tell("done", t(answer.outcome === "provisional" ? "console.phone.entered_waits" : "console.phone.entered"));
}

function leaves({ site, since }) {
  const text = t("console.phone.leaves", { site, since: time(since, shown.state.at) });
  return screens.question(text, t("console.phone.leaves.yes"), t("console.phone.leaves.no"));
}

function out() {
  shown.note = null;
  return attempt(async () => {
    const { id } = shown.state.window;
    const answer = await checkIn(shown.record, { request: newId(), act: "out", window: id });
    await refresh();
    tell("done", t(answer.outcome === "closed" ? "console.phone.left" : "console.phone.not_in"));
  });
}

function sayOutNow(value) {
  shown.note = null;
  return attempt(async () => {
    if (!value) throw new Told("practice.time_outside");
    shown.state = await sayOut(shown.record, shown.state.forgotten.window, fromField(value));
    tell("done", t("console.phone.said_out"));
  });
}

function ask(said) {
  shown.note = null;
  return attempt(async () => {
    shown.swaps = await askSwap(shown.record, said);
    tell("done", t("console.phone.swap.done_ask"));
  });
}

function answer(id, said) {
  shown.note = null;
  return attempt(async () => {
    await answerSwap(shown.record, id, said);
    await refresh();
    tell("done", t(`console.phone.swap.done_${said}`));
  });
}

async function startAnew() {
  await forget();
  Object.assign(shown, { record: null, state: null, note: null, siteCode: "", request: null });
  draw();
}

async function scanNow() {
  try {
    return await screens.viewfinder(t, scan);
  } catch {
    return null; // the camera was refused: the code is typed
  }
}

function tell(kind, text) {
  shown.note = { kind, text };
}

function keepWhatIsTyped() {
  shown.siteCode = main.querySelector("#site-code")?.value ?? "";
  shown.code = main.querySelector("#own-code")?.value ?? shown.code;
}

function draw() {
  const title = main.querySelector("h1");
  const said = shown.note && screens.note(shown.note.kind, shown.note.text);
  main.replaceChildren(title, ...[said, ...parts()].filter(Boolean));
  if (said) said.focus();
}

function parts() {
  const { record, state, siteCode, asks } = shown;
  if (!canHoldAKey()) return [screens.alone(t("console.phone.no_key"))];
  if (!record?.phone) {
    // A terminal's square holds the site's code of that moment as well.
    const [code, here = ""] = decodeURIComponent(location.hash.slice(1)).split("~");
    return [screens.enrolment(t, shown.code ?? code, siteCode || here, { enrol: enrolNow, scan: scanNow })];
  }
  if (state?.gone) {
    return [screens.alone(t("console.phone.gone.text"), t("console.phone.anew"), startAnew)];
  }
  if (!state) {
    return [screens.alone(t("console.phone.away"), t("console.phone.again"), () => attempt(refresh))];
  }
  const acts = { enter, out, sayOut: sayOutNow, scan: scanNow };
  const codeField = (id) => screens.siteField(t, scanNow, "", id);
  return [
    recheck.isOpen(state) && recheck.card(t, state, codeField, (code) => enter(code, null)),
    state.unanswered && recheck.unanswered(t, state),
    state.forgotten && screens.forgotten(t, state, acts),
    screens.standing(t, state, acts),
    screens.wayIn(t, state, siteCode, asks, acts, Boolean(state.face?.agreed) && hasCamera()),
    screens.roster(t, state),
    hasCamera() && faceCard(t, state.face, { agree: () => consent(true), disagree: () => consent(false) }),
    shown.swaps && swapping(t, shown.swaps, { ask, answer }),
    recheck.offer(t, draw),
  ];
}
