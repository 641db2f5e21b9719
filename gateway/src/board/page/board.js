// The board: puts the link, the ward, the sound and the views together, and draws them again whenever
// something changed.

import { h, render } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { Alarms } from "./alarms.js";
import { Detail } from "./detail.js";
import { Dialog } from "./dialog.js";
import { Link } from "./link.js";
import { signOut, whoIsSignedIn } from "./session.js";
import { Sound } from "./sound.js";
import { Bars, Strip } from "./strip.js";
import { Tile } from "./tile.js";
import { UNKNOWN, after, isUnanswered, wanted } from "./ward.js";

const html = htm.bind(h);

/** How often the page looks at its link and lets ages grow. */
const LOOK_EVERY_MS = 250;

const root = document.getElementById("board");
const sound = new Sound();
const link = new Link(hear);

let ward = UNKNOWN;
let opened = null;
let asked = null;

function hear(kind, said) {
  const next = after(ward, kind, said, performance.now());
  if (next === null) return false;
  // The gateway was updated: this screen takes its new page without a hand.
  if (ward.known && next.page !== ward.page) location.reload();
  ward = next;
  draw();
  return true;
}

/** What must be heard on this screen: the gateway's signal; without a link, that the link is lost. */
function signalNow(state) {
  if (state === "lost") return "medium";
  return ward.signal?.priority ?? null;
}

function open(bed) {
  opened = bed;
  draw();
}

function act(what) {
  asked = what;
  draw();
}

async function leave() {
  await signOut();
  draw();
}

async function switchSound(on) {
  await (on ? sound.turnOn() : sound.turnOff());
  draw();
}

/** Columns that keep every bed of the ward on one screen. */
function columns(beds) {
  if (beds <= 4) return 2;
  if (beds <= 9) return 3;
  return beds <= 16 ? 4 : 6;
}

/** The newest unanswered alert of high priority, for those who cannot see the screen. */
function spoken() {
  const high = ward.alerts.filter((alert) => alert.priority === "high" && isUnanswered(alert));
  const newest = high.reduce((a, b) => (a && a.raised_at > b.raised_at ? a : b), null);
  return newest ? `${newest.bed ? `Bed ${newest.bed}: ` : ""}${newest.title}` : "";
}

function Board() {
  const now = performance.now();
  const seen = { state: link.look(), silence: link.silence(), lostAt: link.lostAt };
  const live = seen.state === "live";
  const signedIn = whoIsSignedIn();
  const detail = ward.beds.find((bed) => bed.bed === opened);
  sound.play(signalNow(seen.state));
  document.title = title(seen.state);
  document.body.dataset.link = seen.state;
  return html`
    <${Strip} ward=${ward} now=${now} link=${seen} sound=${sound} turnOn=${() => switchSound(true)}
      signedIn=${signedIn} act=${act} />
    <${Bars} ward=${ward} link=${seen} sound=${sound} signedIn=${signedIn} leave=${leave}
      turnOn=${() => switchSound(true)} turnOff=${() => switchSound(false)} />
    <p class="spoken" role="alert">${spoken()}</p>
    <main>
      <div class=${`tiles of-${columns(ward.beds.length)}`}>
        ${ward.beds.map((bed) => html`
          <${Tile} key=${bed.bed} ward=${ward} bed=${bed} now=${now} link=${seen} open=${open} />`)}
      </div>
      <${Alarms} ward=${ward} now=${now} live=${live} act=${act} open=${open} />
    </main>
    ${detail &&
    html`<${Detail} ward=${ward} bed=${detail} now=${now} live=${live} act=${act} close=${() => open(null)} />`}
    ${asked && html`<${Dialog} key=${asked.verb} asked=${asked} live=${live} close=${() => act(null)} />`}`;
}

function title(state) {
  if (state === "lost") return "LINK LOST";
  const worst = ward.alerts.find((alert) => alert.priority === "high" && isUnanswered(alert));
  return worst ? `*** ${worst.bed ?? "Ward"} ${worst.title}` : `${ward.name || "Ward"} board`;
}

function draw() {
  render(html`<${Board} />`, root);
}

function pressed(event) {
  if (event.target.closest("input, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") open(null);
  // A key that no badge reader types: a badge that is held up with no dialog must open none.
  if (event.key === "F2" && !asked) {
    const urgent = ward.alerts.find(isUnanswered);
    if (urgent) act({ verb: wanted(urgent), alert: urgent });
    event.preventDefault();
  }
}

root.replaceChildren();
addEventListener("keydown", pressed);
addEventListener("pagehide", () => link.close());
addEventListener("pageshow", (event) => event.persisted && link.open());
setInterval(draw, LOOK_EVERY_MS);
link.open();
draw();
