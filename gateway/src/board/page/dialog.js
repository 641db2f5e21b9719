// The dialog by which a person answers: a badge, or PIN and name, and the read-back where a value must be read back.
//
// One field takes a badge or a PIN, and has the focus: a reader types the badge and Enter. So many digits are a PIN,
// anything else is a badge, and a badge says the name itself.
//
// It sends and waits; what counts is what the gateway says. It never closes by itself unless the answer
// counted. A test of the sound is two answers of one person: that it shall sound, and whether it was heard.

import { Component, createRef, h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { recentNames, rememberName, send } from "./answer.js";
import { signedIn } from "./session.js";

const html = htm.bind(h);

/** What has this form is a PIN; no badge has it. */
const PIN = /^[0-9]{4,12}$/;

/** A badge may have 8 to 64 printable characters. */
const PIN_OR_BADGE = "[0-9]{4,12}|[!-~]{8,64}";

/** After so long the button no longer says that it is sending. */
const SLOW_MS = 2000;

const VERBS = {
  acknowledge: { title: "Acknowledge", button: "Acknowledge", failed: "NOT ACKNOWLEDGED" },
  accept: { title: "Accept responsibility (doctor)", button: "Accept", failed: "NOT ACCEPTED" },
  reject: { title: "Cannot take it: call the next (doctor)", button: "Reject", failed: "NOT REJECTED" },
  bed: { title: "Acknowledge all of this bed", button: "Acknowledge all", failed: "NOT ACKNOWLEDGED" },
  observe: { title: "Enter an observation", button: "Save", failed: "NOT SAVED" },
  settle: { title: "Say who lies here", button: "Settle", failed: "NOT SETTLED" },
  shelve: { title: "Shelve: let it wait", button: "Shelve", failed: "NOT SHELVED", minutes: [5, 10, 15, 30] },
  "audio-pause": {
    title: "Pause the sound of what calls here", button: "Pause", failed: "NOT PAUSED", minutes: [2, 5, 10, 30],
  },
  standby: {
    title: "Standby: nobody is here to be watched", button: "Stand by", failed: "NOT IN STANDBY",
    minutes: [15, 30, 60, 120, 240],
  },
  test: { title: "Test the sound", button: "Sound it", failed: "NOT TESTED" },
  session: { title: "Sign in on this screen", button: "Sign in", failed: "NOT SIGNED IN" },
};

/** What has no note beside it. */
const WITHOUT_NOTE = ["observe", "settle", "test", "session"];

/** What is ended before its time is ended by the same call. */
const ENDED = { title: "End it now", button: "End", failed: "NOT ENDED" };

const wordsOf = ({ verb, ends }) => (ends ? ENDED : VERBS[verb]);

/** Every total that NEWS2 has. */
const TOTALS = Array.from({ length: 21 }, (_, total) => String(total));

const MATERNAL = ["Maternal Early Warning Criteria"];
const CHILD = ["NPEWS"];
const OF_OXYGEN = ["NPEWS", "NEWS2"];

/** What a mother with pre-eclampsia complains of; `none` is no pre-eclampsia that anybody knows of. */
const COMPLAINTS = ["none", "neither", "headache", "dyspnoea"];

const DEVICES = [
  "air", "nasal prongs", "face mask", "head box", "non-rebreather", "high flow", "BiPAP", "CPAP",
];

const LEVELS = ["none", "low", "medium", "high", "emergency"];

/** What can be entered; with a unit it is a number. What has charts is asked only where one of them speaks. */
const OBSERVATIONS = [
  { code: "consciousness", label: "Consciousness", values: ["A", "C", "V", "P", "U"] },
  { code: "oxygen", label: "Breathing", values: ["air", "oxygen"] },
  { code: "spo2_scale", label: "SpO₂ scale (doctor)", values: ["1", "2"] },
  { code: "ventilation", label: "Ventilation (doctor)", values: ["invasive", "none"] },
  { code: "sedation", label: "Sedation (doctor)", values: ["yes", "no"] },
  { code: "pregnancy", label: "Pregnant or after childbirth (doctor)", values: ["yes", "no"] },
  { code: "baseline", label: "NEWS2 accepted as their own (doctor)", values: TOTALS },
  { code: "mind", label: "Mind", values: ["clear", "agitated", "confused", "unresponsive"], charts: MATERNAL },
  { code: "pre_eclampsia", label: "Pre-eclampsia: complaint", values: COMPLAINTS, charts: MATERNAL },
  { code: "urine", label: "Urine, mean of at least 2 h", unit: "mL/h", charts: MATERNAL },
  { code: "resp_distress", label: "Respiratory distress", values: ["none", "mild", "moderate", "severe"], charts: CHILD },
  { code: "oxygen_device", label: "Oxygen: by what", values: DEVICES, charts: OF_OXYGEN },
  { code: "oxygen_level", label: "Oxygen: flow", unit: "L/min", charts: OF_OXYGEN },
  { code: "oxygen_level", label: "Oxygen: FiO₂ as set", unit: "%", charts: OF_OXYGEN },
  { code: "no_pressure", label: "Pressure not measured", values: ["NCO", "U0", "U4"], charts: CHILD },
  { code: "capillary_refill", label: "Capillary refill", unit: "s", charts: CHILD },
  { code: "sepsis", label: "Sepsis", values: ["no", "suspected", "shock"], charts: CHILD },
  { code: "pupils", label: "Pupils", values: ["normal", "abnormal"], charts: CHILD },
  { code: "intuition", label: "Clinical intuition: level asked for", values: LEVELS, charts: CHILD },
  { code: "carer", label: "Carer's question: level asked for", values: LEVELS, charts: CHILD },
];

const NOTES = ["", "seen the patient", "treating", "artefact", "other"];

export class Dialog extends Component {
  constructor() {
    super();
    this.frame = createRef();
    this.state = { phase: "asking", text: "", what: OBSERVATIONS[0].label, byBadge: false, sounds: false };
  }

  componentDidMount() {
    this.frame.current.showModal();
  }

  componentWillUnmount() {
    clearTimeout(this.slow);
  }

  async send(event) {
    event.preventDefault();
    const { proof } = event.target.elements;
    const form = new FormData(event.target, event.submitter);
    this.setState({ phase: "sending", text: "sending…" });
    this.slow = setTimeout(() => this.setState({ text: "no word from the gateway yet…" }), SLOW_MS);
    const { method, path, body } = request(this.props.asked, form);
    const answered = await send(method, path, body);
    clearTimeout(this.slow);
    if (answered.ok) {
      if (form.get("by")) rememberName(form.get("by"));
      this.counted(body, answered.said);
    } else {
      if (answered.status === 401) this.askAgain(proof);
      const { failed } = wordsOf(this.props.asked);
      const already = answered.status === 409 && this.props.asked.verb !== "test";
      this.setState({ phase: "asking", text: already ? answered.text : `${failed}: ${answered.text}` });
    }
  }

  /** The answer counted: whoever has the sound tested is asked for another, with what they proved themselves by. */
  counted(body, said) {
    const { verb } = this.props.asked;
    if (verb === "session") signedIn(said.name);
    if (verb === "test" && body.heard === undefined) {
      this.setState({ phase: "asking", text: "", sounds: true });
    } else {
      this.props.close();
    }
  }

  /** Empties the field: what a reader types next must not stand behind what was wrong. */
  askAgain(proof) {
    proof.value = "";
    proof.focus();
    this.setState({ byBadge: false });
  }

  render({ asked, live, close }, { phase, text, what, byBadge, sounds }) {
    const { title, button, minutes } = wordsOf(asked);
    const waits = phase === "sending" || !live;
    const names = recentNames();
    return html`
      <dialog ref=${this.frame} onClose=${close} aria-labelledby="asked">
        <form onSubmit=${(event) => this.send(event)} autocomplete="off">
          <h2 id="asked">${sounds ? "Did you hear it?" : title}</h2>
          <p class="about">${about(asked)}</p>
          ${asked.verb === "observe" && this.observation(what, asked.chart)}
          ${asked.verb === "settle" &&
          html`<label>Patient
            <select name="uhid" required>${options(["", ...asked.candidates])}</select></label>`}
          ${asked.verb === "test" && asked.ids.length > 1 &&
          html`<label hidden=${sounds}>Where <select name="id">${options(asked.ids)}</select></label>`}
          <label hidden=${sounds}>PIN, or hold your badge to the reader
            <input name="proof" type="password" inputmode="numeric" pattern=${PIN_OR_BADGE} required autofocus
              title="a PIN of 4 to 12 digits, or a badge"
              onInput=${(event) => this.typed(event.target.value)} /></label>
          <label hidden=${sounds}>Name <input name="by" list="names" required maxlength="64" disabled=${byBadge}
            defaultValue=${names[0] ?? ""} /></label>
          <datalist id="names">${names.map((name) => html`<option value=${name} />`)}</datalist>
          ${needsReadBack(asked) &&
          html`<label>Read the value back <input name="read_back" required
            placeholder="type the number" /></label>`}
          ${minutes && html`
            <label>Minutes <select name="minutes">${options(minutes)}</select></label>
            <label>Why <input name="reason" required maxlength="500" /></label>`}
          ${!minutes && !asked.ends && !WITHOUT_NOTE.includes(asked.verb) &&
          html`<label>Note <select name="note">${options(NOTES)}</select></label>`}
          <p class="said" role="status">${live ? text : "LINK LOST: nothing can be sent"}</p>
          <menu>
            <button type="button" onClick=${close}>Cancel</button>
            ${sounds && html`<button name="heard" value="false" disabled=${waits}>No</button>`}
            ${sounds
    ? html`<button class="act" name="heard" value="true" disabled=${waits}>Yes</button>`
    : html`<button class="act" disabled=${waits}>${button}</button>`}
          </menu>
        </form>
      </dialog>`;
  }

  /** Nobody's name is asked for beside a badge. */
  typed(proof) {
    this.setState({ byBadge: isBadge(proof) });
  }

  observation(label, chart) {
    const { code, values, unit } = OBSERVATIONS.find((one) => one.label === label);
    const offered = OBSERVATIONS.filter(({ charts }) => !charts || charts.includes(chart));
    return html`
      <label>What
        <select value=${label} onChange=${(event) => this.setState({ what: event.target.value })}>
          ${options(offered.map((one) => one.label))}
        </select>
      </label>
      <input type="hidden" name="code" value=${code} />
      ${values
    ? html`<label>Value <select name="value">${options(values)}</select></label>`
    : html`
      <label>${unit} <input name="value" inputmode="decimal" pattern="[0-9.]+" required /></label>
      <input type="hidden" name="unit" value=${unit} />`}`;
  }
}

const isBadge = (proof) => proof.length >= 8 && !PIN.test(proof);

const options = (words) => words.map((word) => html`<option>${word}</option>`);

function about({ verb, alert, bed }) {
  if (verb === "test") return "Ten pulses, as loud as an alert: listen where you must hear it.";
  if (verb === "session") return "For ten minutes: whose each critical result is.";
  if (!alert) return `Bed ${bed}`;
  return `${alert.bed ? `Bed ${alert.bed}` : "Ward"}: ${alert.title}`;
}

const needsReadBack = ({ verb, alert }) => verb === "acknowledge" && alert.read_back;

/** Where an answer goes, and what it says. Empty fields are left out. */
function request(asked, form) {
  const body = said(form);
  if (asked.verb === "session") {
    const { by: name, ...proof } = body;
    return { method: "POST", path: "session", body: { name, ...proof } };
  }
  if (asked.verb === "test") {
    const { id = asked.ids[0], ...answer } = body;
    return { method: "POST", path: `annunciators/${encodeURIComponent(id)}/test`, body: answer };
  }
  const target = asked.alert ? `alerts/${asked.alert.id}` : `beds/${encodeURIComponent(asked.bed)}`;
  const ends = { bed: "acknowledge", observe: "observations", settle: "bindings/settle" };
  const method = asked.ends ? "DELETE" : "POST";
  return { method, path: `${target}/${ends[asked.verb] ?? asked.verb}`, body };
}

function said(form) {
  const { proof, ...body } = Object.fromEntries([...form].filter(([, value]) => value !== ""));
  body[isBadge(proof) ? "badge" : "pin"] = proof;
  if (body.minutes) body.minutes = Number(body.minutes);
  if (body.heard) body.heard = body.heard === "true";
  return body;
}
