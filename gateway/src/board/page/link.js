// The link to the gateway: one event stream, and the page's own watchdog over it.
//
// A gateway that is frozen, not dead, gives no error: only the missing beat shows it. So the watchdog
// believes nothing but beats, and makes the stream anew when it stays silent.

/** Without a beat for so long the link is lost. Beats come each second; lost must be shown within three. */
const LOST_AFTER_MS = 2500;

/** A stream that stays silent for so long is given up and made anew. */
const RENEW_AFTER_MS = 10_000;

const PAUSES_MS = [250, 500, 1000, 2000, 5000];

const KINDS = ["snapshot", "beds", "alerts", "annunciators", "beat"];

export class Link {
  /** `hear(kind, said)` is called with each event; it returns false to ask for the whole ward again. */
  constructor(hear) {
    this.hear = hear;
    this.stream = null;
    this.tries = 0;
    this.timer = 0;
    this.beatAt_ms = null;
    this.lostAt = null;
    this.openedAt_ms = 0;
  }

  open() {
    this.close();
    this.openedAt_ms = performance.now();
    const stream = new EventSource("/api/v1/events");
    for (const kind of KINDS) stream.addEventListener(kind, (event) => this.take(stream, kind, event));
    stream.addEventListener("error", () => this.renew(stream));
    this.stream = stream;
  }

  close() {
    clearTimeout(this.timer);
    this.stream?.close();
    this.stream = null;
  }

  /** Milliseconds since the last beat; `null` before the first. */
  silence() {
    return this.beatAt_ms === null ? null : performance.now() - this.beatAt_ms;
  }

  /** `connecting`, `live` or `lost`; to be asked often, because silence makes no event. */
  look() {
    const silence = this.silence();
    const waited = performance.now() - Math.max(this.openedAt_ms, this.beatAt_ms ?? 0);
    if (waited > RENEW_AFTER_MS) this.open();
    if (silence === null) return performance.now() > LOST_AFTER_MS ? this.lost() : "connecting";
    if (silence > LOST_AFTER_MS) return this.lost();
    this.lostAt = null;
    return "live";
  }

  lost() {
    this.lostAt ??= new Date();
    return "lost";
  }

  take(stream, kind, event) {
    if (stream !== this.stream) return;
    this.tries = 0;
    if (kind === "beat" || kind === "snapshot") this.beatAt_ms = performance.now();
    if (!this.hear(kind, JSON.parse(event.data))) this.open();
  }

  /** EventSource gives up for good on some answers; so we never leave it to it. */
  renew(stream) {
    if (stream !== this.stream) return;
    this.close();
    const pause = PAUSES_MS[Math.min(this.tries, PAUSES_MS.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), pause);
  }
}
