// How things are written: ages, times, units, the marks of priorities, and the names of a tile's numbers.

/** Text mark and shape of each priority: colour is never the only sign. */
export const MARKS = {
  high: { mark: "***", shape: "▲", word: "HIGH" },
  medium: { mark: "**", shape: "◆", word: "MEDIUM" },
  low: { mark: "*", shape: "●", word: "LOW" },
};

const UNITS = { "/min": "/min", "mm[Hg]": "mmHg", "cm[H2O]": "cmH₂O", Cel: "°C" };

export const unit = (ucum) => UNITS[ucum] ?? ucum;

/** `12:05`, `1:02:05`: how long something has lasted. */
export function lasted(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `40 s`, `12 min`, `6 h`: how old a value is. */
export function age(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** `14:02:11`, in the zone of this screen. */
export function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** The risk words of NEWS2 as the board shows them. */
export const RISKS = { low: "LOW", "low-medium": "LOW-MED", medium: "MEDIUM", high: "HIGH" };

/** The short name of a chart, where its own is too long for a tile. */
export const CHARTS = { "Maternal Early Warning Criteria": "Maternal" };

/** The parts of the early warning charts by the names that the API has for them. */
export const PARTS = {
  resp_rate: "Respiration rate",
  spo2: "SpO₂",
  oxygen: "Air or oxygen",
  systolic: "Systolic pressure",
  pulse: "Pulse",
  consciousness: "Consciousness",
  temperature: "Temperature",
  diastolic: "Diastolic pressure",
  urine: "Urine",
  mind: "Agitated, confused or unresponsive",
  pre_eclampsia: "Pre-eclampsia with a complaint",
  resp_distress: "Respiratory distress",
  heart_rate: "Heart rate",
  capillary_refill: "Capillary refill",
  fio2: "Inspired oxygen",
  support: "High flow: say it again",
};

/** What raises the level of a child's chart without points. */
export const TRIGGERS = {
  sepsis: "Sepsis",
  consciousness: "Consciousness",
  pupils: "Pupils",
  intuition: "Clinical intuition",
  carer: "Carer's question",
};

/** What can have limits of its own, by the keys of `ward.toml`. */
export const LIMITED = {
  pulse_rate: "Pulse rate",
  spo2: "SpO₂",
  resp_rate: "Respiration rate",
  systolic: "Systolic pressure",
  mean_pressure: "Mean pressure",
  temperature: "Temperature",
  etco2: "End-tidal CO₂",
  peak_pressure: "Peak airway pressure",
  tidal_volume: "Tidal volume",
  minute_volume: "Minute volume",
};

/** `7`, or `5–9` while parts are missing. */
export function total(score) {
  return score.total ?? (score.lower === score.upper ? score.lower : `${score.lower}–${score.upper}`);
}
