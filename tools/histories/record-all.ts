import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readEnvironment } from '../../libs/config/index.js';
import { demoToken } from '../../libs/identity/index.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { connectTemporalClient } from '../../libs/temporal/index.js';
import { companyTokens } from '../client/index.js';
import { startProduct, type Product } from '../embedded/product.js';
import { Steps } from '../embedded/steps.mjs';
import { agreementScenarios } from './agreement-scenarios.js';
import { batchScenarios } from './batch-scenarios.js';
import { HistoryFiles, publicKey } from './history-files.js';
import { Director, type ScenarioTokens } from './director.js';
import { contractingScenarios } from './contracting-scenarios.js';
import { intakeScenarios } from './intake-scenarios.js';
import { moneyScenarios } from './money-scenarios.js';
import type { BeginAnew, Keep, Scenario } from './scenario.js';

/**
 * Plays every branch of every workflow on a product of its own, in a home that is thrown away, and keeps the histories.
 *
 * @returns the code to exit with
 */
export async function recordAll({ label }: { label: string | undefined }): Promise<number> {
  if (label !== undefined && !/^[a-z0-9-]{1,40}$/.test(label)) throw new RangeError('a label is a-z, 0-9 and hyphens');
  const home = mkdtempSync(path.join(tmpdir(), 'pactline-histories-'));
  const steps = new Steps();
  try {
    const product = await startProduct({ home, port: 0, given: { ENCRYPTION_KEYS: publicKey() }, steps });
    try {
      const written = await play(product, label, steps);
      steps.say(`${written.length} histories recorded.`);
      return 0;
    } finally {
      await product.stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function play({ env, urls }: Product, label: string | undefined, steps: Steps): Promise<string[]> {
  const settings = readEnvironment(env);
  const client = await connectTemporalClient({
    address: settings.TEMPORAL_ADDRESS,
    namespace: settings.TEMPORAL_NAMESPACE,
    keyring: Keyring.parse(settings.ENCRYPTION_KEYS),
  });
  const files = new HistoryFiles(client, label);
  const director = new Director(urls, await scenarioTokens(env));
  const keep: Keep = (branches, workflowId) => files.keep([branches].flat(), workflowId);
  const beginAnew: BeginAnew = async ({ type, taskQueue }, workflowId, input) => {
    await client.workflow.getHandle(workflowId).terminate('begun anew');
    const queue = `${settings.TASK_QUEUE_PREFIX}${taskQueue}`;
    await client.workflow.start(type, { workflowId, taskQueue: queue, args: [input] });
  };
  const scenarios: Scenario[] = [
    ...intakeScenarios,
    ...contractingScenarios,
    ...agreementScenarios,
    ...moneyScenarios,
    ...batchScenarios,
  ];
  for (const { title, branches, play: act } of scenarios) {
    if (branches.every((branch) => files.has(branch))) continue;
    await steps.step(title, () => act(director, keep, beginAnew));
  }
  await client.connection.close();
  return files.written;
}

async function scenarioTokens(env: Product['env']): Promise<ScenarioTokens> {
  const second = { user: 'usr_frida-approver' };
  return {
    ...(await companyTokens(env)),
    second_approver: await demoToken(readEnvironment(env), 'finance_approver', second),
  };
}
