import { strikeSandbox } from '../../client/index.js';

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
  const match = { path: '/v1/transfers', method: '*' } as const;
  const faults = [
    ...kinds.map((kind, index) => ({ kind, probability: faultRate / kinds.length, seed: index + 1, match })),
    { kind: 'latency' as const, probability: 1, delayMs: latencyMs, match },
  ];
  await strikeSandbox(sandboxUrl, faults);
}
