// What the phone asks of the verifier: each request signed over its method, path and body.

import { digest, newId, publicMembers, signed } from "./phone_key.mjs";

const AT = "/v1/practice/phone";
const READ_AS = { O: "0", I: "1", L: "1", "-": "", " ": "" };

/** The verifier said no, or could not be reached: `code` says which, and stays the same. */
export class Told extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Bring the key, with the practitioner's one-time code and the site's code. */
export async function enrol(keys, code, siteCode) {
  const members = await publicMembers(keys);
  const said = { about: await digest(asMeant(code)), x: members.x, y: members.y };
  const proof = await signed("shualian-phone-key+jws", "new", said, keys);
  const body = { public_jwk: members, proof, code, site_code: siteCode };
  return answered("POST", `${AT}/enrolments`, JSON.stringify(body), {});
}

/** The roster of today, the open window, what was forgotten. */
export const readState = (record) => asked(record, "GET", "state");

/** In or out. The same `request` again is answered the same. */
export const checkIn = (record, said) => asked(record, "POST", "check-ins", said);

/** When a forgotten window really ended. */
export const sayOut = (record, window, at) => asked(record, "POST", "said-out", { window, at });

/** Agree to a face from this phone, or take that back. */
export const sayFace = (record, agree, notice) =>
  asked(record, "POST", "face-consents", { agree, notice_version: notice });

/** The question that a face answers. */
export const askFace = (record) => asked(record, "POST", "challenges");

/** A sealed face as the answer to a question: the decision and its receipt. */
export async function sendFace(record, question, evidence, touched) {
  const { institution: aud, challenge, visit, notice_version } = question;
  const claim = {
    aud,
    terminal: record.phone,
    challenge,
    visit,
    purpose: "practice_check_in",
    created_at: new Date().toISOString(),
    notice_version,
    touched_at: touched,
    evidence,
  };
  const compact = await signed("shualian-phone-claim+jws", record.phone, claim, record.keys);
  return answered("POST", `${AT}/claims`, compact, { "content-type": "application/jose" });
}

/** What waits for an answer, and whose shifts come. */
export const readSwaps = (record) => asked(record, "GET", "swaps");

/** Ask a colleague to take a shift. */
export const askSwap = (record, said) => asked(record, "POST", "swaps", said);

/** Yes, no, or taking it back. */
export const answerSwap = (record, request, answer) =>
  asked(record, "POST", "swap-answers", { request, answer });

async function asked(record, method, path, said) {
  const body = said === undefined ? "" : JSON.stringify(said);
  const proof = {
    terminal: record.phone,
    method,
    path: `${AT}/${path}`,
    body_digest: await digest(body),
    jti: newId(),
    issued_at: new Date().toISOString(),
  };
  const compact = await signed("shualian-phone-request+jws", record.phone, proof, record.keys);
  return answered(method, proof.path, body, { authorization: `Shualian ${compact}` });
}

async function answered(method, path, body, headers) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: method === "GET" ? undefined : body,
      credentials: "omit",
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new Told("network");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Told(said.code ?? "network");
  return said;
}

/** A code as it was meant: capitals, O, I and L read as digits, no hyphens (Crockford). */
const asMeant = (code) => code.trim().toUpperCase().replace(/[OIL\- ]/g, (each) => READ_AS[each]);
