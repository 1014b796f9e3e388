import type { FaultRequest } from '../../apps/sandbox/faults.js';

/** Has the sandbox rail go wrong as these faults say, once or with some probability. Throws where it does not take them. */
export async function strikeSandbox(sandboxUrl: string, faults: readonly FaultRequest[]): Promise<void> {
  await control(sandboxUrl, 'POST', { faults });
}

/** The sandbox rail answers as it should again. */
export async function clearSandboxFaults(sandboxUrl: string): Promise<void> {
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
