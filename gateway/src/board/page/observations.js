// What a person can enter by hand, and which charts ask for it. It judges no value: the gateway does.

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

const DISTRESS = ["none", "mild", "moderate", "severe"];

const LEVELS = ["none", "low", "medium", "high", "emergency"];

/** What can be entered; with a unit it is a number. What has charts is asked only where one of them speaks. */
export const OBSERVATIONS = [
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
  { code: "resp_distress", label: "Respiratory distress", values: DISTRESS, charts: CHILD },
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
