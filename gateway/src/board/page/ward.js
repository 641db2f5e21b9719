// The ward as the gateway told it: one value, changed only by the gateway's events. It judges nothing.
//
// Ages grow between two events. They are counted from the gateway's word by this page's monotonic clock,
// never by the wall clock of this machine.

/** A ward of which nothing has been heard yet. */
export const UNKNOWN = {
  known: false,
  name: "",
  page: "",
  seq: 0,
  clock: { at_ms: 0, heard_ms: 0 },
  beds: [],
  alerts: [],
  strips: [],
  signal: null,
  annunciators: [],
};

/** The ward after `event`; `null` when an event was missed and the whole ward must be asked for again. */
export function after(ward, kind, said, now_ms) {
  const missed = kind !== "snapshot" && (!ward.known || said.seq !== ward.seq + 1);
  if (missed) return null;
  const heard = { ...ward, seq: said.seq, clock: { at_ms: Date.parse(said.at), heard_ms: now_ms } };
  switch (kind) {
    case "snapshot":
      return {
        ...heard,
        known: true,
        name: said.ward,
        page: said.page,
        beds: said.beds.map((bed) => ({ ...bed, heard_ms: now_ms })),
        alerts: said.alerts,
        strips: said.strips,
        signal: said.signal,
        annunciators: said.annunciators,
      };
    case "beds":
      return { ...heard, beds: replaced(ward.beds, said.beds, now_ms) };
    case "alerts":
      return withAlerts(heard, said);
    case "annunciators":
      return { ...heard, annunciators: said.annunciators };
    default:
      return heard;
  }
}

function replaced(beds, changed, now_ms) {
  const fresh = new Map(changed.map((bed) => [bed.bed, { ...bed, heard_ms: now_ms }]));
  return beds.map((bed) => fresh.get(bed.bed) ?? bed);
}

function withAlerts(ward, said) {
  const known = new Map([...ward.alerts, ...said.alerts].map((alert) => [alert.id, alert]));
  if (said.order.some((id) => !known.has(id))) return null;
  return {
    ...ward,
    alerts: said.order.map((id) => known.get(id)),
    strips: said.strips,
    signal: said.signal,
  };
}

/** The gateway's wall time now, in milliseconds. */
export function wallNow(ward, now_ms) {
  return ward.clock.at_ms + (now_ms - ward.clock.heard_ms);
}

/** How long ago a vital of `bed` was taken, in seconds. */
export function ageOf(bed, vital, now_ms) {
  return vital.age_s + (now_ms - bed.heard_ms) / 1000;
}

export const isTechnical = (alert) => alert.kind === "technical";

/** Whether nobody has answered it yet. */
export const isUnanswered = (alert) => alert.state === "active" || alert.state === "latched";

/** The part that a critical result still wants where the other is done: `nurse`, `doctor`, or none. */
export const missingPart = ({ waits_for }) => (waits_for.length === 1 ? waits_for[0] : null);

/** By which answer an alert goes on: `accept` where a doctor alone is missing, `acknowledge`, or none. */
export function wanted(alert) {
  const part = missingPart(alert);
  if (part === "doctor") return "accept";
  return part === "nurse" || isUnanswered(alert) ? "acknowledge" : null;
}

export const alertsOf = (ward, bed) => ward.alerts.filter((alert) => alert.bed === bed);

/** How many open alerts there are: clinical ones by priority, technical ones together. */
export function counts(ward) {
  const clinical = ward.alerts.filter((alert) => !isTechnical(alert));
  const of = (priority) => clinical.filter((alert) => alert.priority === priority).length;
  const technical = ward.alerts.length - clinical.length;
  return { high: of("high"), medium: of("medium"), low: of("low"), technical };
}

/** Whether the gateway can be heard: some annunciator sounds. One that should and does not is an alert of its own. */
export function gatewaySounds(ward) {
  return ward.annunciators.some((one) => one.state === "ok");
}

/** The alert by which a vital is beyond its limit, if any. */
export function beyondLimit(alerts, vital) {
  return alerts.find((alert) => alert.side && vital.value !== null && alert.vitals.includes(vital.code));
}
