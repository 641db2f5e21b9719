// The lists of open alerts: clinical and technical apart, in the order that the gateway gives.

import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { isTechnical, isUnanswered, missingPart, wallNow, wanted } from "./ward.js";
import { MARKS, clock, lasted } from "./words.js";

const html = htm.bind(h);

const CLINICAL_MOST = 8;
const TECHNICAL_MOST = 4;

const BUTTONS = { acknowledge: "Acknowledge", accept: "Accept (doctor)" };

export function Alarms({ ward, now, live, act, open }) {
  const technical = ward.alerts.filter(isTechnical);
  const clinical = ward.alerts.filter((alert) => !isTechnical(alert));
  const shared = { at: wallNow(ward, now), live, act, open };
  return html`
    <aside class="alarms" aria-label="Alarms">
      <${List} title="Alarms" alerts=${clinical} most=${CLINICAL_MOST} ...${shared} />
      <${List} title="Technical" alerts=${technical} most=${TECHNICAL_MOST} ...${shared} />
    </aside>`;
}

function List({ title, alerts, most, ...shared }) {
  const more = alerts.length - most;
  return html`
    <section>
      <h2>${title} <span>${alerts.length || "none"}</span></h2>
      <ol>
        ${alerts.slice(0, most).map((alert) => html`<${Row} key=${alert.id} alert=${alert} ...${shared} />`)}
      </ol>
      ${more > 0 && html`<p class="more">and ${more} more: open the beds</p>`}
    </section>`;
}

function Row({ alert, at, live, act, open }) {
  const { mark, shape, word } = MARKS[alert.priority];
  const calls = isUnanswered(alert);
  const verb = wanted(alert);
  return html`
    <li data-alert=${alert.id} data-priority=${alert.priority} data-calls=${calls ? "yes" : "no"}>
      <p class="head">
        <span class="mark">${mark} ${shape} ${word}</span>
        <button class="where" disabled=${!alert.bed} onClick=${() => open(alert.bed)}>
          ${alert.bed ? `Bed ${alert.bed}` : "Ward"}
        </button>
        <span class="since">${lasted(at - Date.parse(alert.raised_at))}</span>
      </p>
      <div class="body">
        <p class="title">${alert.title}</p>
        ${alert.notes.map((note) => html`<p class="note">${note}</p>`)}
        <p class="standing">${standing(alert, at)}</p>
        ${verb &&
        html`<button class="act" disabled=${!live} onClick=${() => act({ verb, alert })}>
          ${BUTTONS[verb]}
        </button>`}
      </div>
    </li>`;
}

/** Who has answered and whose part is missing, and when whoever is next will be called. */
export function standing(alert, at) {
  const by = alert.acknowledged ?? alert.accepted;
  const part = missingPart(alert);
  if (by && part) return [`✓ ${by.by}; ${part} missing`, nextCall(alert, at)].filter(Boolean).join(", ");
  if (by) return `✓ ${by.by} ${clock(Date.parse(by.at))}`;
  if (alert.state === "latched") return "over, unseen";
  if (alert.held_back) return `held back: “${alert.held_back.title}” calls for it`;
  return nextCall(alert, at);
}

function nextCall({ escalation }, at) {
  return escalation.next_at ? `next call in ${lasted(Date.parse(escalation.next_at) - at)}` : "";
}
