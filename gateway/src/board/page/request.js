// What a filled dialog asks of the gateway: where it goes, and what it says. It sends nothing itself.

import { LASTS_MINUTES } from "./session.js";

/** What has this form is a PIN; no badge has it. */
const PIN = /^[0-9]{4,12}$/;

/** A badge may have 8 to 64 printable characters. */
export const PIN_OR_BADGE = "[0-9]{4,12}|[!-~]{8,64}";

export const isBadge = (proof) => proof.length >= 8 && !PIN.test(proof);

/** For so long a station of the ward pauses a sound without anybody's PIN. */
const ALONE_MOST_MINUTES = 2;

/** Whether nobody need say who they are: the station is then the author, where the gateway knows it. */
export const mayBeAlone = ({ verb, ends }, minutes) =>
  !ends && ["audio-pause", "pause-all"].includes(verb) && minutes <= ALONE_MOST_MINUTES;

/** What a verb is called in the address of a bed. */
const ENDS = { bed: "acknowledge", observe: "observations", settle: "bindings/settle" };

/** Where an answer goes, and what it says. Empty fields are left out. */
export function request(asked, form) {
  const body = said(form);
  if (asked.verb === "session") {
    const { by: name, ...proof } = body;
    return { method: "POST", path: "session", body: { name, minutes: LASTS_MINUTES, ...proof } };
  }
  if (asked.verb === "test") {
    const { id = asked.ids[0], ...answer } = body;
    return { method: "POST", path: `annunciators/${encodeURIComponent(id)}/test`, body: answer };
  }
  if (asked.verb === "pause-all") return { method: "POST", path: "audio-pause", body };
  const target = asked.alert ? `alerts/${asked.alert.id}` : `beds/${encodeURIComponent(asked.bed)}`;
  const method = asked.ends ? "DELETE" : "POST";
  return { method, path: `${target}/${ENDS[asked.verb] ?? asked.verb}`, body };
}

/** A name without a proof is nobody's. */
function said(form) {
  const { proof, by, ...body } = Object.fromEntries([...form].filter(([, value]) => value !== ""));
  if (proof) body[isBadge(proof) ? "badge" : "pin"] = proof;
  if (proof && by) body.by = by;
  if (body.minutes) body.minutes = Number(body.minutes);
  if (body.heard) body.heard = body.heard === "true";
  return body;
}
