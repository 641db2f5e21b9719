// One bed in full: every sign with its age and source and what is not judged, the patient's own limits, its early
// warning by parts, every alert with its reasons and receipts.

import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { ageOf, alertsOf, isUnanswered, wallNow } from "./ward.js";
import { standing } from "./alarms.js";
import { LIMITED, MARKS, PARTS, RISKS, TRIGGERS, age, clock, total, unit } from "./words.js";

const html = htm.bind(h);

export function Detail({ ward, bed, now, live, act, close }) {
  const alerts = alertsOf(ward, bed.bed);
  const candidates = bed.binding.candidates.map(({ uhid }) => uhid);
  const clinical = alerts.some((alert) => isUnanswered(alert) && alert.kind !== "laboratory");
  return html`
    <section class="detail" role="region" aria-label=${`Bed ${bed.bed}`}>
      <header>
        <h2>Bed ${bed.bed}</h2>
        <p>${binding(bed.binding)}${bed.standby_offered ? "; discharged, standby is offered" : ""}</p>
        <button onClick=${close} aria-label="Close">✕</button>
      </header>
      <p class="acts">
        <button disabled=${!live || !clinical} onClick=${() => act({ verb: "bed", bed: bed.bed })}>
          Acknowledge all but laboratory
        </button>
        <button disabled=${!live} onClick=${() => act({ verb: "observe", bed: bed.bed, chart: bed.scores[0].chart })}>
          Enter observation
        </button>
        <${Keep} verb="audio-pause" word="Pause the sound" kept=${bed.audio_pause} bed=${bed} live=${live} act=${act} />
        <${Keep} verb="standby" word="Standby" kept=${bed.standby} bed=${bed} live=${live} act=${act} />
        ${bed.binding.state === "in-doubt" && html`
          <button disabled=${!live} onClick=${() => act({ verb: "settle", bed: bed.bed, candidates })}>
            Say who lies here
          </button>`}
      </p>
      <${EarlyWarning} score=${bed.scores[0]} />
      <${Beside} scores=${bed.scores.slice(1)} />
      <${Vitals} bed=${bed} now=${now} />
      <${NotJudged} signs=${bed.not_judged} />
      <${OwnLimits} limits=${bed.own_limits} critical=${bed.own_critical} />
      <h3>Alerts</h3>
      ${alerts.length === 0 && html`<p>none</p>`}
      ${alerts.map((alert) => html`
        <${Whole} key=${alert.id} alert=${alert} at=${wallNow(ward, now)} live=${live} act=${act} />`)}
    </section>`;
}

/** Keeps a bed quiet for a time, or says until when it is kept and ends that. */
function Keep({ verb, word, kept, bed, live, act }) {
  const asked = { verb, bed: bed.bed, ends: kept !== null };
  const text = kept ? `${word}: until ${clock(Date.parse(kept.until))} by ${kept.by}. End it` : word;
  return html`<button disabled=${!live} data-kept=${kept ? "yes" : "no"} onClick=${() => act(asked)}>${text}</button>`;
}

function verbsOf(alert) {
  const verbs = ["acknowledge", "accept", "reject"];
  return alert.may_shelve ? [...verbs, "shelve"] : verbs;
}

function binding({ state, patient, name, since, candidates }) {
  if (state === "in-doubt") {
    const named = candidates.map(({ uhid }) => uhid).join(" or ");
    return `could be ${named}: charting is held until somebody settles it`;
  }
  if (state === "unbound") return "nobody admitted here";
  return `${name ?? ""} ${patient.uhid} since ${new Date(since).toLocaleString("en-GB")}`;
}

function EarlyWarning({ score }) {
  const off = { calls: "", "on-a-rise": ` — ${onARise(score.baseline)}`, shown: " — shown, calls nobody" }[score.mode];
  return html`
    <h3>${score.chart} ${total(score)} ${RISKS[score.risk] ?? score.finding}${off}</h3>
    <p class="because">${[score.because, score.advice].filter(Boolean).join("; ")}</p>
    <table class="news2">
      <caption>
        ${score.version}; ${score.signed}${score.missing.length ? "; a missing part can still add its most" : ""}
      </caption>
      <tbody>
        ${score.parts.map(({ part, points, most, why, stands }) => html`
          <tr>
            <th scope="row">${PARTS[part]}</th>
            <td data-points=${points}>${stands ?? points ?? `0–${most}`}</td>
            <td class="why">${why ?? ""}</td>
          </tr>`)}
        ${score.triggers.map(({ trigger, level, why }) => html`
          <tr>
            <th scope="row">${TRIGGERS[trigger]}</th>
            <td>${level ?? "?"}</td>
            <td class="why">${why ?? ""}</td>
          </tr>`)}
      </tbody>
    </table>`;
}

/** What is shown beside the early warning chart and calls nobody. */
function Beside({ scores }) {
  const said = ({ total, lower, upper, finding }) =>
    `${total ?? (lower === null ? "–" : `${lower}–${upper}`)} ${finding ?? ""}`;
  return html`
    <dl class="beside">
      ${scores.map((score) => html`
        <dt>${score.chart}</dt>
        <dd>${said(score)} <em>${score.missing.map((part) => PARTS[part] ?? part).join(", ")}</em></dd>`)}
    </dl>`;
}

/** Under ventilation or sedation only a rise over what a doctor accepted calls. */
function onARise(baseline) {
  const from = baseline === null ? "does not call: no baseline accepted" : `calls from ${baseline + 2} on`;
  return `ventilated or sedated: ${from}`;
}

function Vitals({ bed, now }) {
  return html`
    <h3>Signs</h3>
    <table class="vitals">
      <thead><tr><th>Sign</th><th>Value</th><th>Age</th><th>Source</th></tr></thead>
      <tbody>
        ${bed.vitals.map((vital) => html`
          <tr class=${vital.value === null ? "grey" : ""}>
            <th scope="row">${vital.name}</th>
            <td>${vital.value ?? vital.last ?? "---"} ${unit(vital.unit)} <em>${vital.why ?? ""}</em></td>
            <td>${age(ageOf(bed, vital, now))}</td>
            <td>${vital.source}</td>
          </tr>`)}
      </tbody>
    </table>`;
}

/** What a probe that is off, or a line in somebody's hands, keeps from being judged. */
function NotJudged({ signs }) {
  if (signs.length === 0) return null;
  return html`
    <h3>Not judged now</h3>
    <ul class="not-judged">${signs.map(({ code, sentence }) => html`<li key=${code}>${sentence}</li>`)}</ul>`;
}

/** By which limits this patient alone is judged: who set them, and until when. */
function OwnLimits({ limits, critical }) {
  if (limits.length + critical.length === 0) return null;
  const line = (name, own) => html`
    <li>${name}: ${beyond(own)} ${unit(own.unit)}, set by ${own.by} until ${clock(Date.parse(own.until))};
      the rest as the ward's</li>`;
  return html`
    <h3>This patient's own limits</h3>
    <ul class="own-limits">
      ${limits.map((own) => line(LIMITED[own.parameter] ?? own.parameter, own))}
      ${critical.map((own) => line(own.analyte.replaceAll("_", " "), own))}
    </ul>`;
}

const SIDES = {
  red_low: "red below",
  yellow_low: "yellow below",
  yellow_high: "yellow above",
  red_high: "red above",
  critical_low: "critical below",
  critical_high: "critical above",
};

/** `red below 78, yellow below 84`: the limits that were set. */
function beyond(own) {
  const set = Object.entries(SIDES).filter(([key]) => (own[key] ?? null) !== null);
  return set.map(([key, word]) => `${word} ${own[key]}`).join(", ");
}

/** What was recorded before reasons had sentences. */
const inShort = ({ code, value, unit, limit }) => `${code} ${value ?? "no value"} ${unit} ${limit ?? ""}`;

const taken = (at) => (at ? `taken ${clock(Date.parse(at))} · ` : "");

function Whole({ alert, at, live, act }) {
  const { mark, shape } = MARKS[alert.priority];
  return html`
    <article class="whole" data-priority=${alert.priority}>
      <h4>${mark} ${shape} ${alert.title}</h4>
      <p>${alert.state} since ${clock(Date.parse(alert.raised_at))} · ${standing(alert, at)}</p>
      ${alert.shelved && html`
        <p class="note">shelved by ${alert.shelved.by} until ${clock(Date.parse(alert.shelved.until))}:
          ${alert.shelved.reason}</p>`}
      ${alert.notes.map((note) => html`<p class="note">${note}</p>`)}
      <ul>
        ${alert.reasons.map((reason) => html`
          <li>${reason.sentence || inShort(reason)}
            <small> · ${taken(reason.taken_at)}${reason.chart} · ${reason.message}</small></li>`)}
        ${alert.receipts.map((receipt) => html`
          <li>${receipt.stage} by ${receipt.channel} to ${receipt.to} ${clock(Date.parse(receipt.at))}
            ${receipt.error && html`<strong>${receipt.error}</strong>`}</li>`)}
      </ul>
      <p class="acts">
        ${verbsOf(alert).map((verb) => html`
          <button disabled=${!live} onClick=${() => act({ verb, alert })}>${verb}</button>`)}
      </p>
    </article>`;
}
