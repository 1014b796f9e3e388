import type { LeanClient } from './lean-client.js';

/** Reports events; each must be taken in and priced. */
export async function postEvents(client: LeanClient, body: string): Promise<void> {
  const { status, body: answer } = await client.post(body);
  if (status !== 200) throw new Error(`events were answered with ${status}: ${answer.slice(0, 500)}`);
  const isPriced = !/"status":"(?!priced")/.test(answer);
  if (!isPriced) throw new Error(`an event was not priced: ${answer.slice(0, 500)}`);
}
