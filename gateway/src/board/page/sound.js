// Sound made by this page: for a remote station, and in place of the gateway's own where that is off or has
// failed.
//
// Bursts follow IEC 60601-1-8: ten pulses (3+2, 3+2) for high, three for medium, one for low. Times are
// between the points where a pulse has 90 % of its height. A browser lets a page sound only after a person
// has clicked.

const FUNDAMENTAL_HZ = 440;

/** Odd harmonics, so that at least four parts of a burst lie between 300 and 4000 Hz at like loudness. */
const HARMONICS = [1, 3, 5, 7, 9];

const RAMP_S = 0.022;

const BURSTS = {
  high: { pulse_s: 0.15, starts_s: fiveAndFive(0.15, 0.095, 0.5), every_s: 6 },
  medium: { pulse_s: 0.2, starts_s: [0, 0.39, 0.78], every_s: 10 },
  low: { pulse_s: 0.2, starts_s: [0], every_s: 30 },
};

/** When the ten pulses of a high burst begin: 3, a gap of two spacings and a pulse, 2; a pause; once more. */
function fiveAndFive(pulse, spacing, pause) {
  const step = pulse + spacing;
  const fourth = 2 * step + pulse + 2 * spacing + pulse;
  const five = [0, step, 2 * step, fourth, fourth + step];
  const second = fourth + step + pulse + pause;
  return [...five, ...five.map((start) => second + start)];
}

export class Sound {
  constructor() {
    this.context = null;
    this.wanted = null;
    this.timer = 0;
    this.bursts = 0;
  }

  /** Whether this page can be heard. */
  get isOn() {
    return this.context?.state === "running";
  }

  /** To be called from a click. */
  async turnOn() {
    this.context ??= new AudioContext();
    await this.context.resume();
    this.again();
  }

  async turnOff() {
    clearTimeout(this.timer);
    await this.context?.suspend();
  }

  /** Sounds bursts of `priority` until told otherwise; `null` is silence. */
  play(priority) {
    if (priority === this.wanted) return;
    this.wanted = priority;
    this.again();
  }

  again() {
    clearTimeout(this.timer);
    const burst = BURSTS[this.wanted];
    if (!burst || !this.isOn) return;
    for (const start of burst.starts_s) this.pulse(this.context.currentTime + 0.05 + start, burst.pulse_s);
    this.bursts += 1;
    this.timer = setTimeout(() => this.again(), burst.every_s * 1000);
  }

  /** One pulse that has 90 % of its height from `at` for `length` seconds. */
  pulse(at, length) {
    const gain = this.context.createGain();
    const [rise, fall] = [at - 0.9 * RAMP_S, at + length - 0.1 * RAMP_S];
    gain.gain.setValueAtTime(0, Math.max(rise, 0));
    gain.gain.linearRampToValueAtTime(0.9 / HARMONICS.length, rise + RAMP_S);
    gain.gain.setValueAtTime(0.9 / HARMONICS.length, fall);
    gain.gain.linearRampToValueAtTime(0, fall + RAMP_S);
    gain.connect(this.context.destination);
    for (const harmonic of HARMONICS) {
      const tone = new OscillatorNode(this.context, { frequency: FUNDAMENTAL_HZ * harmonic });
      tone.connect(gain);
      tone.start(Math.max(rise, 0));
      tone.stop(fall + RAMP_S);
    }
  }
}
