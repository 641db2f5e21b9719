// The strip above everything: ward, clock, link, counts, sound; and the bars that nobody may overlook.

import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { counts, gatewaySounds, wallNow } from "./ward.js";
import { clock } from "./words.js";

const html = htm.bind(h);

export function Strip({ ward, now, link, sound, turnOn, signedIn, act }) {
  const live = link.state === "live";
  const { high, medium, low, technical } = counts(ward);
  return html`
    <header class="strip">
      <h1>${ward.name || "Ward"}</h1>
      <time>${ward.known ? clock(wallNow(ward, now)) : "--:--:--"}</time>
      <span class="lamp" data-link=${link.state}>${lamp(link)}</span>
      <span class="counts" aria-live="polite">
        <b data-priority="high" data-some=${high > 0}>*** ${high}</b>
        <b data-priority="medium" data-some=${medium > 0}>** ${medium}</b>
        <b data-priority="low" data-some=${low > 0}>* ${low}</b>
        <b>tech ${technical}</b>
      </span>
      <${Audio} ward=${ward} live=${live} act=${act} />
      ${gatewaySounds(ward) && !sound.isOn && html`<button onClick=${turnOn}>♪ Sound here too</button>`}
      <button disabled=${!live} onClick=${() => act({ verb: "pause-all" })}>Pause all sound 2 min</button>
      ${!signedIn && html`<button disabled=${!live} onClick=${() => act({ verb: "session" })}>Sign in</button>`}
      <span class="keys" title="F2: answer the most urgent · Esc: close">keys: F2, Esc</span>
    </header>`;
}

function lamp({ state, silence }) {
  if (state === "live") return `● LIVE ${(silence / 1000).toFixed(1)} s`;
  return state === "lost" ? "✕ LINK LOST" : "○ connecting";
}

function Audio({ ward, live, act }) {
  const words = ward.annunciators.map(({ state, last_self_test, last_self_test_by, tested_in_this_shift }) => {
    if (state === "failed") return "✕ SOUND FAILED";
    if (state === "off") return "✕ SOUND OFF";
    if (!tested_in_this_shift) return "♪ SOUND OK";
    return `♪ SOUND OK, tested ${clock(Date.parse(last_self_test)).slice(0, 5)} by ${last_self_test_by}`;
  });
  const text = words.length ? words.join(" · ") : "✕ NO SOUND";
  const ids = ward.annunciators.filter(({ state }) => state !== "off").map(({ id }) => id);
  return html`
    <span class="audio" data-sound=${gatewaySounds(ward) ? "ok" : "none"}>${text}</span>
    ${untested(ward) && html`<span class="untested">${untested(ward)}</span>`}
    ${ids.length > 0 &&
    html`<button disabled=${!live} onClick=${() => act({ verb: "test", ids })}>Test the sound</button>`}`;
}

/** What asks a new shift to test what sounds; nothing once a person has heard all of it. It is no alert. */
function untested({ annunciators }) {
  const ids = annunciators.filter((one) => one.state === "ok" && !one.tested_in_this_shift).map(({ id }) => id);
  if (ids.length === 0) return null;
  const which = annunciators.length > 1 ? ` of ${ids.join(", ")}` : "";
  return `The sound${which} was not tested in this shift: test it`;
}

/** What is wrong with this screen or true for the whole ward, across its full width. */
export function Bars({ ward, link, sound, turnOn, turnOff, signedIn, leave }) {
  const silent = ward.known && !gatewaySounds(ward);
  const why = ward.annunciators.map((one) => one.why).filter(Boolean);
  return html`
    <div class="bars">
      ${link.state === "lost" &&
      html`<p class="bar lost" role="alert">
        LINK LOST since ${clock(ward.known ? ward.clock.at_ms : link.lostAt)} — values are OLD. Watch the bedside
        monitors.
      </p>`}
      ${silent &&
      !sound.isOn &&
      html`<p class="bar silent" role="alert">
        SOUND OFF — the gateway cannot be heard. ${why.join(" ")}
        <button onClick=${turnOn}>Click to sound on this screen</button>
      </p>`}
      ${sound.isOn &&
      html`<p class="bar sounding">
        ♪ This screen sounds. <button onClick=${turnOff}>Silence this screen</button>
      </p>`}
      ${signedIn &&
      html`<p class="bar signed-in">
        Signed in: ${signedIn}
        <a href="/api/v1/figures/register?format=html" target="_blank" rel="noopener">Critical results, to print</a>
        <a href="/api/v1/figures" target="_blank" rel="noopener">Figures</a>
        <button onClick=${leave}>Sign out</button>
      </p>`}
      ${ward.strips.map((text) => html`<p class="bar standing">${text}</p>`)}
    </div>`;
}
