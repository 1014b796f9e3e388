import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sumOutflow, type SendRequest } from '../../libs/payouts/domain/index.js';
import { createStripeRail } from '../../libs/payouts/rails/stripe-transfers.rail.js';
import { openTestAccount, SandboxControl, sandboxKeys, sendRequestOf } from '../support/stripe-sandbox.js';

/** The sandbox as it is really started: a process of its own, from the built files. */
const entry = join(import.meta.dirname, '../../dist/processes/sandbox.js');

describe('the Stripe sandbox as a process', () => {
  let folder: string;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pactline-sandbox-'));
  });

  afterEach(async () => {
    if (child) await stop('SIGKILL');
    await rm(folder, { recursive: true });
  });

  function start(environment: Record<string, string> = {}): ChildProcess {
    const settings = {
      NODE_ENV: 'test',
      SANDBOX_STATE_FILE: join(folder, 'state.ndjson'),
      SANDBOX_API_KEY: sandboxKeys.apiKey,
      SANDBOX_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
    };
    child = spawn(process.execPath, [entry], {
      env: { ...process.env, ...settings, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return child;
  }

  /** The address that the process prints when it is ready. */
  async function startedUrl(): Promise<string> {
    const { stdout, stderr } = start();
    const errors: string[] = [];
    stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    for await (const line of createInterface({ input: stdout! })) {
      const url = /listening on (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error(`the sandbox did not start: ${errors.join('')}`);
  }

  async function stop(signal: NodeJS.Signals): Promise<number | null> {
    const stopping = child;
    child = undefined;
    if (!stopping || stopping.exitCode !== null || stopping.signalCode !== null) return stopping?.exitCode ?? null;
    const exited = once(stopping, 'exit');
    stopping.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  function railAt(url: string) {
    return createStripeRail({ ...sandboxKeys, apiBase: url, timeoutMs: 10_000 });
  }

  it('loses nothing that it answered when it is killed in the middle, and a resend of the rest pays once', async () => {
    let url = await startedUrl();
    const rail = railAt(url);
    const accountReference = await openTestAccount(rail);
    const requests = Array.from({ length: 400 }, (_, index) =>
      sendRequestOf({ accountReference, itemId: `itm_${index}`, amountMinor: BigInt(index + 1) }),
    );
    const answered = new Map<SendRequest, string>();
    const waiting = requests.values();
    let killed: Promise<unknown> | undefined;
    const sendUntilKilled = async () => {
      for (const request of waiting) {
        if (killed) return;
        await rail.send(request).then(
          ({ reference }) => answered.set(request, reference),
          () => undefined,
        );
        if (answered.size >= 120) killed ??= stop('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 16 }, sendUntilKilled));
    await killed;
    expect(answered.size).toBeGreaterThanOrEqual(120);
    expect(answered.size).toBeLessThan(requests.length);

    url = await startedUrl();
    const restarted = railAt(url);
    for (const [request, reference] of answered) {
      expect(await restarted.find(request)).toMatchObject({ reference, amountMinor: request.amountMinor });
    }
    for (const request of requests) {
      const { reference } = await restarted.send(request);
      expect(reference).toBe(answered.get(request) ?? reference);
    }
    const total = requests.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    expect(await sumOutflow(restarted.listTransfers({ batchId: 'bat_1' }))).toEqual(new Map([['USD', total]]));
    expect((await new SandboxControl(url).totals()).transfers).toBe(requests.length);
  }, 60_000);

  it('stops in order on SIGTERM, held answers included', async () => {
    const url = await startedUrl();
    const control = new SandboxControl(url);
    await control.strike({ kind: 'timeout_after' });
    const held = control.stripe('POST', '/v1/accounts', {}).catch(() => 'dropped');
    while ((await control.totals()).accounts === 0);
    expect(await stop('SIGTERM')).toBe(0);
    expect(await held).toBe('dropped');
    expect((await new SandboxControl(await startedUrl()).totals()).accounts).toBe(1);
  });

  it('does not start in production', async () => {
    const { stderr } = start({ NODE_ENV: 'production' });
    const errors: string[] = [];
    stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    const [code] = (await once(child!, 'close')) as [number | null];
    expect(code).toBe(1);
    expect(errors.join('')).toMatch(/does not start in production/);
  });
});
