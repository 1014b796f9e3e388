/** What the rail takes for an answer, in milliseconds. */
export const latencyMs = 500;

/** How many calls go wrong, all kinds together. */
const faultRate = 0.01;

const kinds = [
  'timeout_before',
  'timeout_after',
  'throttle',
  'error_500_before',
  'error_500_after',
  'reset_before',
  'reset_after',
] as const;

/** Gives a sandbox rail the latency and the faults of this benchmark, for everything about transfers. */
export async function setFaults(sandboxUrl: string): Promise<void> {
  const match = { path: '/v1/transfers', method: '*' };
  const faults = [
    ...kinds.map((kind, index) => ({ kind, probability: faultRate / kinds.length, seed: index + 1, match })),
    { kind: 'latency', probability: 1, delayMs: latencyMs, match },
  ];
  await control(sandboxUrl, 'POST', { faults });
}

/** The rail answers at once again. */
export async function clearFaults(sandboxUrl: string): Promise<void> {
  await control(sandboxUrl, 'DELETE');
}

async function control(sandboxUrl: string, method: string, body?: unknown): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/sandbox/faults`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`The sandbox does not take the faults: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}
