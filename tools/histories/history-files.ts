import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { projectRoot } from '../embedded/project.mjs';
import { historyToJson } from './history-json.js';
import { historiesOfRuns } from './runs-of.js';

const folder = path.join(projectRoot, 'test', 'replay');

/**
 * The key that recorded histories are encrypted with, as `ENCRYPTION_KEYS` writes it. It is public and protects nothing:
 * what it encrypts is made up.
 */
export function publicKey(): string {
  return readFileSync(path.join(folder, 'public-key.txt'), 'utf8').trim();
}

/** The histories of the replay tests: one file per branch of a workflow, never changed once it is there. */
export class HistoryFiles {
  readonly written: string[] = [];

  constructor(
    private readonly client: Client,
    private readonly label: string | undefined,
  ) {}

  /** Whether a branch (`payout-batch/completed`) is recorded already. */
  has(branch: string): boolean {
    return existsSync(this.file(branch));
  }

  /** Waits until the workflow has ended, then keeps the histories of its runs under the branches' names, one for each. */
  async keep(branches: readonly string[], workflowId: string): Promise<void> {
    if (branches.every((branch) => this.has(branch))) return;
    await this.client.workflow.getHandle(workflowId).result();
    const runs = await historiesOfRuns(this.client, workflowId);
    if (runs.length !== branches.length) throw new Error(`${workflowId} took ${runs.length} runs.`);
    for (const [index, branch] of branches.entries()) {
      if (!this.has(branch)) this.write(branch, historyToJson(runs[index]!));
    }
  }

  private write(branch: string, history: unknown): void {
    const file = this.file(branch);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(withoutIdentity(history), null, 1)}\n`);
    this.written.push(path.relative(projectRoot, file));
  }

  private file(branch: string): string {
    return path.join(folder, 'histories', `${branch}${this.label === undefined ? '' : `-${this.label}`}.json`);
  }
}

/** The history without the names of the machine and process that recorded it; a replay doesn't look at them. */
function withoutIdentity(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^\d+@[\w.-]+$/, 'recorder');
  if (Array.isArray(value)) return value.map(withoutIdentity);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutIdentity(item)]));
}
