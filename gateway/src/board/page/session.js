// Who is signed in at this screen. The gateway itself ends a session of this page after ten minutes, for everybody
// passes this screen; here is only remembered whose it is. Nothing here lets anybody in.

import { send } from "./answer.js";

/** How long the gateway is asked to let a session last. */
export const LASTS_MINUTES = 10;

const KEY = "signed-in";

let leaving = false;

/** Somebody has signed in. */
export function signedIn(name) {
  sessionStorage.setItem(KEY, JSON.stringify({ name, until_ms: Date.now() + LASTS_MINUTES * 60_000 }));
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
