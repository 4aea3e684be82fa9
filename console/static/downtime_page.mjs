// The offline page: visits while the system is away. No network, no module beside it, one file.
//
// A line is sealed to the verifier's key (RFC 7518 §4.6, ECDH-ES over P-256, A256GCM) before it is kept:
// the browser's storage and the saved file hold line numbers, times, purposes and kinds of documents in
// the clear, and whose document it was only sealed. This machine cannot open it again.

const about = JSON.parse(document.getElementById("about").textContent);
const at = (id) => document.getElementById(id);
const STORE = `shualian-downtime:${about.institution}`;
const MOST = 99;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
let language = "zh";
let keeps = true;
let sheet = load() ?? fresh();
const t = (key) => about.texts[language][key];

/** A sheet of its own for each browser and each round, so that no two lines have one number. */
function fresh() {
  const signs = [...about.signs];
  const drawn = [];
  while (drawn.length < 6) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 256 - (256 % signs.length)) drawn.push(signs[byte % signs.length]);
  }
  return { sheet: `TJ${drawn.join("")}`, lines: [], saved: 0 };
}

function load() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? null;
  } catch {
    keeps = false;
    return null;
  }
}

function keep() {
  try {
    localStorage.setItem(STORE, JSON.stringify(sheet));
  } catch {
    keeps = false;
  }
}

const nextLine = () => `${sheet.sheet}-${String(sheet.lines.length + 1).padStart(2, "0")}`;

function choices(select, options) {
  const chosen = select.value;
  select.replaceChildren(
    ...options.map(([value, text]) => Object.assign(document.createElement("option"), { value, textContent: text })),
  );
  if (chosen) select.value = chosen;
}

function show() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = t("title");
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = t(each.dataset.t);
  at("hospital").textContent = about.hospital;
  choices(at("purpose"), Object.entries(about.purposes).map(([code, said]) => [code, said[language]]));
  const kinds = Object.entries(about.documents).map(([kind, said]) => [kind, said[language]]);
  choices(at("document"), [...kinds, ["none", t("none")]]);
  at("lines").replaceChildren(...sheet.lines.map(shown));
  at("nothing").hidden = sheet.lines.length > 0;
  at("save").disabled = sheet.lines.length === 0;
  at("fresh").hidden = sheet.lines.length === 0 || sheet.saved < sheet.lines.length;
  at("saved").textContent = sheet.lines.length === 0 ? "" : sheet.saved < sheet.lines.length ? t("unsaved") : t("saved");
  const full = sheet.lines.length >= MOST;
  at("line").textContent = full ? "" : nextLine();
  at("add").disabled = full || !crypto.subtle;
  asksNumber();
  trouble(!crypto.subtle ? "no_seal" : full ? "full" : keeps ? "" : "no_store");
}

function shown({ line, at: when, purpose, document: kind }) {
  const time = new Date(when).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short" });
  const seen = kind === "none" ? t("none") : about.documents[kind][language];
  return Object.assign(document.createElement("li"), {
    textContent: `${line} · ${time} · ${about.purposes[purpose][language]} · ${seen}`,
  });
}

function trouble(key) {
  at("trouble").hidden = !key;
  at("trouble").textContent = key ? t(key) : "";
}

function asksNumber() {
  const none = at("document").value === "none";
  at("number-field").hidden = none;
  at("seen-field").hidden = none;
}

// GB 11643: ISO 7064 MOD 11-2 over the first 17 digits.
function fits(number) {
  if (!/^\d{17}[\dX]$/.test(number)) return false;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return "10X98765432"[sum % 11] === number[17];
}

function now() {
  const here = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
  return here.toISOString().slice(0, 16);
}

/** What will not do, as a key; empty where the line is whole. */
function wrong(kind, number) {
  if (kind === "none") return "";
  if (!number) return "needs_number";
  const right = about.citizens.includes(kind) ? fits(number) : /^[A-Z0-9][A-Z0-9-]{3,31}$/.test(number);
  return right ? (at("seen").checked ? "" : "needs_seen") : "wrong_number";
}

async function add(event) {
  event.preventDefault();
  const kind = at("document").value;
  const number = kind === "none" ? "" : at("number").value.replace(/\s/g, "").toUpperCase();
  const told = wrong(kind, number) || (at("when").value ? "" : "when");
  if (told) return trouble(told);
  const line = { line: nextLine(), at: `${new Date(at("when").value).toISOString().slice(0, 19)}Z`, purpose: at("purpose").value, document: kind };
  at("add").disabled = true; // or a second press would take the same number
  const sealed = await seal({ ...line, number });
  sheet.lines.push({ ...line, sealed });
  keep();
  at("number").value = "";
  at("seen").checked = false;
  at("when").value = now();
  at("said").textContent = `${line.line} ${t("added")}`;
  show();
  at("number").focus();
}

function save() {
  const { institution, format } = about;
  const said = { format, institution, sheet: sheet.sheet, lines: sheet.lines.map((line) => line.sealed) };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(said)], { type: "application/json" }));
  link.download = `shualian-downtime-${sheet.sheet}.json`;
  link.click();
  sheet.saved = sheet.lines.length;
  keep();
  show();
}

const utf8 = (text) => new TextEncoder().encode(text);

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Compact JWE: only the verifier opens it. The same as a phone seals (`phone_face.mjs`). */
async function seal(line) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const { kty, crv, x, y, kid } = about.key;
  const theirs = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, curve, false, []);
  const once = await crypto.subtle.generateKey(curve, true, ["deriveBits"]);
  const own = await crypto.subtle.exportKey("jwk", once.publicKey);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, once.privateKey, 256);
  const key = await contentKey(new Uint8Array(shared));
  const epk = { kty: own.kty, crv: own.crv, x: own.x, y: own.y };
  const header = base64url(utf8(JSON.stringify({ alg: "ECDH-ES", enc: "A256GCM", kid, epk })));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const said = { name: "AES-GCM", iv, additionalData: utf8(header), tagLength: 128 };
  const closed = new Uint8Array(await crypto.subtle.encrypt(said, key, utf8(JSON.stringify(line))));
  const [body, tag] = [closed.subarray(0, -16), closed.subarray(-16)];
  return [header, "", base64url(iv), base64url(body), base64url(tag)].join(".");
}

/** The Concat KDF of RFC 7518 §4.6.2, one round. */
async function contentKey(shared) {
  const number = (value) => [0, 0, value >> 8, value & 255];
  const name = utf8("A256GCM");
  const said = [...number(1), ...shared, ...number(name.length), ...name, ...number(0), ...number(0)];
  const bits = await crypto.subtle.digest("SHA-256", Uint8Array.from([...said, ...number(256)]));
  return crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt"]);
}

at("entry").addEventListener("submit", add);
at("document").addEventListener("change", asksNumber);
at("save").addEventListener("click", save);
at("fresh-do").addEventListener("click", () => {
  sheet = fresh();
  keep();
  show();
});
at("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  show();
});
addEventListener("beforeunload", (event) => {
  if (!keeps && sheet.saved < sheet.lines.length) event.preventDefault();
});
at("when").value = now();
show();
