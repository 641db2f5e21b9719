// Who is signed in at this screen. A screen that everybody passes is signed out by itself after a while; the gateway
// alone knows whether it is.

import { send } from "./answer.js";

const LASTS_MS = 10 * 60_000;

const KEY = "signed-in";

let leaving = false;

/** Somebody has signed in. */
export function signedIn(name) {
  sessionStorage.setItem(KEY, JSON.stringify({ name, until_ms: Date.now() + LASTS_MS }));
}

/** Their name, for as long as that lasts. */
export function whoIsSignedIn() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept === null || Date.now() < kept.until_ms) return kept?.name ?? null;
  signOut();
  return null;
}

/** Tried again by the next look where the gateway does not answer. */
export async function signOut() {
  if (leaving) return;
  leaving = true;
  if ((await send("DELETE", "session", {})).ok) sessionStorage.removeItem(KEY);
  leaving = false;
}
