// The dialog by which a person answers: a badge, or PIN and name, and the read-back where a value must be read back.
//
// One field takes a badge or a PIN, and has the focus: a reader types the badge and Enter. So many digits are a PIN,
// anything else is a badge, and a badge says the name itself. What a reader types into another field is taken out
// of it, and never sent.
//
// It sends and waits; what counts is what the gateway says. It never closes by itself unless the answer counted,
// or nobody says whether the sound was heard. A test of the sound is two answers of one person: that it shall sound,
// and whether it was heard.

import { Component, createRef, h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { recentNames, rememberName, send } from "./answer.js";
import { OBSERVATIONS } from "./observations.js";
import { PIN_OR_BADGE, isBadge, mayBeAlone, request } from "./request.js";
import { signedIn } from "./session.js";

const html = htm.bind(h);

/** After so long the button no longer says that it is sending. */
const SLOW_MS = 2000;

/** Whoever had the sound tested says within this whether they heard it: later another may stand here. */
const HEARD_WITHIN_MS = 60_000;

const QUESTION = "Did you hear it?";

const BADGE_READ = "badge read: now the rest";

/** Who answers is not known: a wrong PIN or badge, or too many of them. */
const UNPROVEN = [401, 429];

const VERBS = {
  acknowledge: { title: "Acknowledge", button: "Acknowledge", failed: "NOT ACKNOWLEDGED" },
  accept: { title: "Accept responsibility (doctor)", button: "Accept", failed: "NOT ACCEPTED" },
  reject: { title: "Cannot take it: call the next (doctor)", button: "Reject", failed: "NOT REJECTED" },
  bed: { title: "Acknowledge all of this bed", button: "Acknowledge all", failed: "NOT ACKNOWLEDGED" },
  observe: { title: "Enter an observation", button: "Save", failed: "NOT SAVED" },
  settle: { title: "Say who lies here", button: "Settle", failed: "NOT SETTLED" },
  shelve: { title: "Shelve: let it wait", button: "Shelve", failed: "NOT SHELVED", minutes: [5, 10, 15, 30] },
  "audio-pause": {
    title: "Pause the sound of what calls here", button: "Pause", failed: "NOT PAUSED",
    minutes: [2, 5, 10, 30],
  },
  "pause-all": {
    title: "Pause the sound of the whole station", button: "Pause", failed: "NOT PAUSED", minutes: [2],
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

const NOTES = ["", "seen the patient", "treating", "artefact", "other"];

export class Dialog extends Component {
  constructor() {
    super();
    this.frame = createRef();
    this.heading = createRef();
    this.gone = false;
    this.state = {
      phase: "asking", text: "", what: OBSERVATIONS[0].label, minutes: null, byBadge: false, sounds: false,
      heard: null,
    };
  }

  componentDidMount() {
    this.frame.current.showModal();
  }

  componentWillUnmount() {
    this.gone = true;
    clearTimeout(this.slow);
    clearTimeout(this.unanswered);
  }

  async send(event) {
    event.preventDefault();
    const { target, submitter } = event;
    if (this.takesBadgeOut(target)) return;
    const form = new FormData(target, submitter);
    this.setState({ phase: "sending", text: "sending…" });
    this.slow = setTimeout(() => this.setState({ text: "no word from the gateway yet…" }), SLOW_MS);
    const { method, path, body } = request(this.props.asked, form);
    const answered = await send(method, path, body);
    clearTimeout(this.slow);
    if (answered.ok) this.remember(form, answered.said);
    // Another dialog may stand here by now: this answer is none of its business.
    if (this.gone) return;
    if (answered.ok) this.counted(body);
    else this.refused(answered, form, target.elements.proof);
  }

  /** Empties the fields into which a badge was read once more, and says whether there were any. */
  takesBadgeOut({ elements }) {
    const badge = elements.proof.value;
    const holds = (field) => field.type === "text" && !field.disabled && field.value.includes(badge);
    const misread = isBadge(badge) ? [...elements].filter(holds) : [];
    if (misread.length === 0) return false;
    for (const field of misread) field.value = "";
    misread[0].focus();
    this.setState({ text: BADGE_READ });
    return true;
  }

  /** The browser points at the field that is still empty; that the badge was read it cannot say. */
  unfinished({ elements: { proof } }) {
    if (isBadge(proof.value) && proof.validity.valid) this.setState({ text: BADGE_READ });
  }

  /** What stays true when this dialog is gone: who answers here, and who is signed in. */
  remember(form, said) {
    if (form.get("by") && form.get("proof")) rememberName(form.get("by"));
    if (this.props.asked.verb === "session") signedIn(said.name);
  }

  /** The answer counted: whoever has the sound tested is asked for another, with what they proved themselves by. */
  counted(body) {
    if (this.props.asked.verb === "test" && body.heard === undefined) this.askWhetherHeard();
    else this.props.close();
  }

  /** The heading takes the focus: at a button the Enter of a badge reader would answer. */
  askWhetherHeard() {
    this.unanswered = setTimeout(() => this.props.close(), HEARD_WITHIN_MS);
    const asking = { phase: "asking", text: QUESTION, sounds: true };
    this.setState(asking, () => this.heading.current?.focus());
  }

  refused({ status, text }, form, proof) {
    const { failed } = wordsOf(this.props.asked);
    const already = status === 409 && this.props.asked.verb !== "test";
    this.setState({ phase: "asking", text: already ? text : `${failed}: ${text}` });
    if (UNPROVEN.includes(status)) this.askAgain(proof, form.get("heard"));
    // What a reader types next takes the place of what stands there.
    else if (document.activeElement === proof) proof.select();
  }

  /** Empties the field: what a reader types next must not stand behind what was wrong. */
  askAgain(proof, heard) {
    proof.value = "";
    this.setState({ byBadge: false, heard }, () => proof.focus());
  }

  render({ asked, live, close }, { phase, text, what, sounds }) {
    const { title, minutes } = wordsOf(asked);
    return html`
      <dialog ref=${this.frame} onClose=${close} aria-labelledby="asked">
        <form autocomplete="off" onSubmit=${(event) => this.send(event)} onKeyDown=${keepLettersFromLists}
          onInvalidCapture=${(event) => this.unfinished(event.target.form)}>
          <h2 id="asked" tabindex="-1" ref=${this.heading}>${sounds ? QUESTION : title}</h2>
          <p class="about">${about(asked)}</p>
          ${asked.verb === "observe" && this.observation(what, asked.chart)}
          ${asked.verb === "settle" &&
          html`<label>Patient
            <select name="uhid" required>${options(["", ...asked.candidates])}</select></label>`}
          ${asked.verb === "test" && asked.ids.length > 1 &&
          html`<label hidden=${sounds}>Where <select name="id">${options(asked.ids)}</select></label>`}
          ${this.proof()}
          ${needsReadBack(asked) && readBack(asked.alert)}
          ${minutes && html`
            <label>Minutes
              <select name="minutes" onChange=${(event) => this.setState({ minutes: event.target.value })}>
                ${options(minutes)}
              </select></label>
            <label>Why <input name="reason" required maxlength="500" /></label>`}
          ${!minutes && !asked.ends && !WITHOUT_NOTE.includes(asked.verb) &&
          html`<label>Note <select name="note">${options(NOTES)}</select></label>`}
          <p class="said" role="status">${live ? text : "LINK LOST: nothing can be sent"}</p>
          <menu>
            <button type="button" onClick=${close}>Cancel</button>
            ${this.buttons(phase === "sending" || !live)}
          </menu>
        </form>
      </dialog>`;
  }

  /** Who answers. Whoever is asked whether they heard the sound has just said it. */
  proof() {
    const { asked } = this.props;
    const { byBadge, sounds, heard } = this.state;
    const minutes = this.state.minutes ?? wordsOf(asked).minutes?.[0];
    const isAlone = mayBeAlone(asked, Number(minutes));
    const isProven = sounds && heard === null;
    const names = recentNames();
    return html`
      <label hidden=${isProven}>
        PIN, or hold your badge to the reader${isAlone && ": at the ward's own screens you need neither"}
        <input name="proof" type="password" inputmode="numeric" pattern=${PIN_OR_BADGE} autofocus
          required=${!isAlone} title="a PIN of 4 to 12 digits, or a badge"
          onInput=${(event) => this.typed(event.target.value)} /></label>
      <label hidden=${isProven}>Name
        <input name="by" list="names" required=${!isAlone} maxlength="64" disabled=${byBadge}
          defaultValue=${names[0] ?? ""} /></label>
      <datalist id="names">${names.map((name) => html`<option value=${name} />`)}</datalist>`;
  }

  /** Whoever must prove themselves again has said already whether they heard it: Enter says the same again. */
  buttons(waits) {
    const { sounds, heard } = this.state;
    const { button } = wordsOf(this.props.asked);
    if (!sounds) return html`<button class="act" disabled=${waits}>${button}</button>`;
    const no = html`<button name="heard" value="false" disabled=${waits}>No</button>`;
    const yes = html`<button class="act" name="heard" value="true" disabled=${waits}>Yes</button>`;
    return html`${heard !== "true" && no} ${heard !== "false" && yes}`;
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

const options = (words) => words.map((word) => html`<option>${word}</option>`);

/** A badge reader types letters, and a letter chooses from a list; the arrows and a click still do. */
function keepLettersFromLists(event) {
  if (event.target.matches("select") && event.key.length === 1 && event.key !== " ") event.preventDefault();
}

function about({ verb, alert, bed }) {
  if (verb === "test") return "Ten pulses, as loud as an alert: listen where you must hear it.";
  if (verb === "session") return "For ten minutes: whose each critical result is.";
  if (verb === "pause-all") return "Every bed, and what belongs to none. What is new or graver sounds.";
  if (!alert) return `Bed ${bed}`;
  return `${alert.bed ? `Bed ${alert.bed}` : "Ward"}: ${alert.title}`;
}

const needsReadBack = ({ verb, alert }) => verb === "acknowledge" && alert.read_back;

/** A number is typed as it was heard; a text is chosen from three, for nobody types it as it was written. */
function readBack({ read_back_choices: texts }) {
  const field = texts
    ? html`<select name="read_back" required>${options(["", ...texts])}</select>`
    : html`<input name="read_back" required placeholder="type the number" />`;
  return html`<label>Read the value back ${field}</label>`;
}
