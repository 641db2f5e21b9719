// One bed as a tile: its numbers, its score, and its gravest alert. Tiles never change places.

import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { ageOf, alertsOf, beyondLimit, isUnanswered, missingPart } from "./ward.js";
import { CHARTS, MARKS, RISKS, age, lasted, total, unit } from "./words.js";

const html = htm.bind(h);

/** The numbers of a tile: a label, and the codes that can supply it, the most trusted first. */
const LARGE = [
  { label: "HR", codes: ["MDC_ECG_HEART_RATE", "MDC_PULS_OXIM_PULS_RATE", "MDC_BLD_PULS_RATE_INV"] },
  { label: "SpO₂", codes: ["MDC_PULS_OXIM_SAT_O2"] },
];
const PRESSURES = [
  { label: "ABP", codes: pressure("MDC_PRESS_BLD_ART") },
  { label: "NIBP", codes: pressure("MDC_PRESS_BLD_NONINV") },
];
const SMALL = [
  { label: "RR", codes: ["MDC_CO2_RESP_RATE", "MDC_RESP_RATE", "MDC_VENT_RESP_RATE"] },
  { label: "Temp", codes: ["MDC_TEMP"] },
];

function pressure(line) {
  return [`${line}_SYS`, `${line}_DIA`, `${line}_MEAN`];
}

/** Older than this, a value says how old it is. */
const FRESH_S = 60;

/** After so long without a link a number is no longer shown at all. */
const HIDE_AFTER_MS = 60_000;

export function Tile({ ward, bed, now, link, open }) {
  const alerts = alertsOf(ward, bed.bed);
  const worst = alerts.find((alert) => isUnanswered(alert)) ?? alerts[0];
  const calls = worst && isUnanswered(worst);
  const hidden = link.state === "lost" && link.silence > HIDE_AFTER_MS;
  const shown = { bed, alerts, now, hidden };
  return html`
    <article class="tile" data-bed=${bed.bed} data-priority=${worst?.priority}
      data-calls=${calls ? "yes" : "no"}>
      <header>
        <button class="bed" onClick=${() => open(bed.bed)} aria-label=${`Bed ${bed.bed}, details`}>
          ${bed.bed}
        </button>
        <span class="who">${who(bed)}</span>
        ${(bed.standby || bed.audio_pause) && html`<small class="kept">${kept(bed)}</small>`}
        <${Score} score=${bed.scores[0]} />
      </header>
      <div class="numbers">
        ${LARGE.map((place) => html`<${Vital} size="large" place=${place} ...${shown} />`)}
        <${Pressure} ...${shown} />
        ${SMALL.map((place) => html`<${Vital} size="small" place=${place} ...${shown} />`)}
      </div>
      <${AlarmLine} ward=${ward} bed=${bed} alert=${worst} now=${now}
        more=${alerts.length - 1 + bed.folded} />
    </article>`;
}

function who(bed) {
  if (bed.binding.state === "in-doubt") return "? two patients";
  if (bed.binding.state === "unbound") return "not admitted";
  return bed.binding.name ?? "";
}

/** What keeps it quiet, beside whose it is and never in place of that. */
const kept = (bed) => (bed.standby ? "STANDBY" : "SOUND PAUSED");

/** What follows the word of a score that does not call as its chart says. */
const MODES = { calls: "", "on-a-rise": " on a rise", shown: ", calls nobody" };

/** The score is a number and a word; its colour says nothing, because alarm colours belong to alarms. */
function Score({ score }) {
  const there = score.parts.length - score.missing.length;
  const of = score.missing.length ? `${there} of ${score.parts.length}` : "";
  const missing = score.missing.length ? `missing: ${score.missing.join(", ")}` : "";
  return html`
    <span class="score" title=${[score.because, missing].filter(Boolean).join("; ")}>
      <small>${CHARTS[score.chart] ?? score.chart}</small><b>${total(score)}</b>
      <small>${RISKS[score.risk] ?? score.finding}${MODES[score.mode]}${of && html`<br />${of}`}</small>
    </span>`;
}

/** The first of the codes that has a value; else the first that was ever heard. */
function supplied(bed, codes) {
  const heard = codes.map((code) => bed.vitals.find((vital) => vital.code === code)).filter(Boolean);
  return heard.find((vital) => vital.value !== null) ?? heard[0];
}

function Vital({ bed, alerts, now, hidden, place, size }) {
  const vital = supplied(bed, place.codes);
  if (!vital) return html`<div class=${`vital ${size} none`}><small>${place.label}</small><b>–</b></div>`;
  const beyond = beyondLimit(alerts, vital);
  const label = vital.code === "MDC_ECG_HEART_RATE" || place.label !== "HR" ? place.label : "PR";
  return html`
    <div class=${`vital ${size} ${standing(vital)}`} data-code=${vital.code} data-beyond=${beyond?.priority}>
      <small>
        ${beyond && arrow(beyond)}${label} <span class="unit">${unit(vital.unit)}</span> ${note(bed, vital, now)}
      </small>
      <b>${written(vital, hidden)}</b>
    </div>`;
}

function Pressure({ bed, alerts, now, hidden }) {
  const sets = PRESSURES.map((place) => ({
    ...place,
    vitals: place.codes.map((code) => bed.vitals.find((vital) => vital.code === code)),
  }));
  const set = sets.find(({ vitals }) => vitals[0]?.value != null) ?? sets.find(({ vitals }) => vitals[0]);
  if (!set) return html`<div class="vital pressure none"><small>NIBP</small><b>–</b></div>`;
  const [systolic, diastolic, mean] = set.vitals;
  const beyond = [systolic, mean].map((vital) => vital && beyondLimit(alerts, vital)).find(Boolean);
  return html`
    <div class=${`vital pressure ${standing(systolic)}`} data-code=${systolic.code}
      data-beyond=${beyond?.priority}>
      <small>
        ${beyond && arrow(beyond)}${set.label} <span class="unit">${unit(systolic.unit)}</span>
        ${mean && html` M <strong>${written(mean, hidden)}</strong>`} ${note(bed, systolic, now)}
      </small>
      <b>${written(systolic, hidden)}/${diastolic ? written(diastolic, hidden) : "–"}</b>
    </div>`;
}

/** Which way a value is beyond its limit. Beside the label: the number keeps all the room it may need. */
const arrow = (alert) => html`<strong class="arrow">${alert.side === "low" ? "↓" : "↑"}</strong>`;

function standing(vital) {
  if (vital.value === null) return "grey";
  return vital.status === "questionable" ? "questionable" : "";
}

function written(vital, hidden) {
  if (hidden) return "---";
  const value = vital.value ?? vital.last;
  if (value === null) return "---";
  return vital.unit === "Cel" ? value.toFixed(1) : String(value);
}

/** Why there is no sure value, and how old it is where that matters. */
function note(bed, vital, now) {
  const seconds = ageOf(bed, vital, now);
  const old = seconds >= FRESH_S ? age(seconds) : "";
  return html`<em>${vital.why ?? ""} ${old}</em>`;
}

function AlarmLine({ ward, bed, alert, more, now }) {
  if (!alert) return html`<p class="alarm quiet">${bed.folded ? `and ${bed.folded} more` : ""}</p>`;
  const { mark, shape } = MARKS[alert.priority];
  const since = ward.clock.at_ms + (now - ward.clock.heard_ms) - Date.parse(alert.raised_at);
  const by = alert.acknowledged?.by ?? alert.accepted?.by;
  return html`
    <p class="alarm">
      <span class="mark">${mark} ${shape}</span>
      <span class="title">${alert.title}</span>
      <span class="since">${by ? answered(by, alert) : lasted(since)}${more > 0 ? ` +${more}` : ""}</span>
    </p>`;
}

/** Who has answered; where that is not enough, who is missing. */
const answered = (by, alert) => (missingPart(alert) ? `${missingPart(alert)} missing` : `✓ ${by}`);
