// A person's answers, on their way to the gateway. Whether one counts is the gateway's word alone.

/** After so long without a word the person is told that it does not count yet. */
const PATIENCE_MS = 10_000;

/** Sends `body` to the API. Returns `{ok: true, said}` or `{ok: false, status, text}`; the text is for the person. */
export async function send(method, path, body) {
  try {
    const response = await fetch(`/api/v1/${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, station: station() }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.ok) return { ok: true, said: await response.json().catch(() => null) };
    const problem = await response.json().catch(() => null);
    const text = problem?.detail ?? `the gateway said ${response.status}`;
    return { ok: false, status: response.status, text };
  } catch {
    return { ok: false, status: 0, text: "no answer from the gateway" };
  }
}

/** The label of this screen: `?station=desk` sets it once, and it is remembered. */
export function station() {
  const asked = new URLSearchParams(location.search).get("station");
  if (asked) localStorage.setItem("station", asked);
  return localStorage.getItem("station") ?? "board";
}

/** The names that answered here of late; never a PIN. */
export function recentNames() {
  try {
    return JSON.parse(localStorage.getItem("names") ?? "[]");
  } catch {
    return [];
  }
}

export function rememberName(name) {
  const names = [name, ...recentNames().filter((known) => known !== name)].slice(0, 6);
  localStorage.setItem("names", JSON.stringify(names));
}
