// The phone's key: made in this browser, never to be read out of it, kept in a store of its own.
//
// P-256, since no WebCrypto lacks it; `extractable: false`, so that a script can sign with it and no
// script, ours neither, can copy it. Whoever has the unlocked phone can still use it.

const DATABASE = "shualian-phone";
const STORE = "phone";
const ONE = "mine";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

/** Whether this browser can hold a key: not over plain HTTP, and not in every private window. */
export function canHoldAKey() {
  return isSecureContext && Boolean(globalThis.crypto?.subtle) && "indexedDB" in globalThis;
}

/** What is kept, `{ keys, phone? }`, or undefined. */
export const load = () => inStore("readonly", (store) => store.get(ONE));

/** Keep it; the browser is asked not to clear it away. */
export async function save(record) {
  await inStore("readwrite", (store) => store.put(record, ONE));
  await navigator.storage?.persist?.();
}

/** The key is gone for good. */
export const forget = () => inStore("readwrite", (store) => store.delete(ONE));

/** A fresh pair, of which the private half cannot be exported. */
export const newKeys = () => crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);

/** The four members that make the public key (RFC 7518 §6.2.1). */
export async function publicMembers(keys) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  return { kty, crv, x, y };
}

/** A compact JWS, ES256: WebCrypto's signature is the pair of numbers that RFC 7518 §3.4 asks for. */
export async function signed(typ, kid, payload, keys) {
  const header = { alg: "ES256", typ, kid };
  const text = `${base64url(utf8(JSON.stringify(header)))}.${base64url(utf8(JSON.stringify(payload)))}`;
  const signature = await crypto.subtle.sign(SIGNATURE, keys.privateKey, utf8(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}

/** SHA-256, 43 characters. */
export async function digest(text) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
}

/** 128 random bits, 22 characters. */
export const newId = () => base64url(crypto.getRandomValues(new Uint8Array(16)));

/** SHA-256 of bytes. */
export const digestOf = (bytes) => crypto.subtle.digest("SHA-256", bytes);

export const utf8 = (text) => new TextEncoder().encode(text);

export function base64url(bytes) {
  // In pieces: a call takes only so many arguments, and a picture has more bytes.
  let said = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    said += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  const text = btoa(said);
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function inStore(mode, act) {
  const database = await settled(opened());
  try {
    return await settled(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return request;
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
