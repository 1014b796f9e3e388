import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readEnvironment, type Environment } from '../../libs/config/index.js';
import {
  AmendmentRepairs,
  ContractTrackingModule,
  ExpectedWorkflows,
  type Difference,
} from '../../libs/contract-tracking/index.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { OnboardingModule, WorkflowRepairs } from '../../libs/onboarding/index.js';
import {
  amendmentClosed,
  envelopeClosed,
  negotiationClosed,
  refreshStage,
  taskQueues,
} from '../../libs/orchestration/index.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { connectTemporalClient, WorkflowLook } from '../../libs/temporal/index.js';
import { readRunning } from '../embedded/running.js';
import { WorkflowCheck, type CheckResult } from './check.js';

const usage = `Usage: npm run check:workflows -- [--repair] [--days N] [--wait S] [--json]
  --repair   brings workflows back to what their rows say, then compares again
  --days N   looks at what ended in the last N days too (default 7, at most 90)
  --wait S   how many seconds repairs may take (default 30)
  --json     prints the differences as JSON
Exits with 0 when all agree, 1 with differences, 2 when an option cannot be used.
`;

/** Where the command writes; the process's own streams, or a test's. */
export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

interface Options {
  repair: boolean;
  days: number;
  waitSeconds: number;
  json: boolean;
}

/** A command line that cannot be used, with a message for people. */
class UsageError extends Error {}

const allAgree = 0;
const differ = 1;
const unusable = 2;
const dayMs = 86_400_000;

/** How each process is told to read its row again. */
const refreshSignals = {
  partnerOnboarding: refreshStage.name,
  negotiation: negotiationClosed.name,
  signature: envelopeClosed.name,
  agreementAmendment: amendmentClosed.name,
} as const;

/** `check:workflows`: compares, and repairs where that is asked for. Gives the exit code. */
export async function main(
  argv: readonly string[],
  streams: Streams = process,
  environment: () => Environment = environmentHere,
): Promise<number> {
  try {
    const options = readOptions(argv);
    if (!options) {
      streams.stdout.write(usage);
      return allAgree;
    }
    return await withParts(environment(), (parts) => compare(parts, options, streams));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.stderr.write(`check:workflows: ${error.message}\n`);
    return unusable;
  }
}

/** Of the installation that the variables name, else of the product that runs on this machine. */
function environmentHere(): Environment {
  return readEnvironment(process.env['DATABASE_URL'] ? process.env : readRunning().env);
}

interface Parts {
  check: WorkflowCheck;
  repairs: WorkflowRepairs;
  amendments: AmendmentRepairs;
}

/** What the command stands on: the services that workflows themselves read their rows by. */
@Module({})
class CheckModule {
  static forRoot(env: Environment): DynamicModule {
    const imports = [PlatformModule.forRoot(env), ContractTrackingModule, OnboardingModule];
    return { module: CheckModule, imports };
  }
}

async function withParts<Result>(env: Environment, work: (parts: Parts) => Promise<Result>): Promise<Result> {
  const context = await NestFactory.createApplicationContext(CheckModule.forRoot(env), {
    logger: false,
    abortOnError: false,
  });
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TASK_QUEUE_PREFIX: prefix } = env;
  const client = await connectTemporalClient({ address, namespace, keyring: context.get<Keyring>(Keyring) });
  try {
    const look = new WorkflowLook(client, `${prefix}${taskQueues.contracting}`);
    const check = new WorkflowCheck(context.get(ExpectedWorkflows), look);
    return await work({ check, repairs: context.get(WorkflowRepairs), amendments: context.get(AmendmentRepairs) });
  } finally {
    await client.connection.close();
    await context.close();
  }
}

async function compare(parts: Parts, options: Options, { stdout }: Streams): Promise<number> {
  const { check } = parts;
  const since = new Date(Date.now() - options.days * dayMs);
  const result = await check.run(since);
  if (!options.repair || result.differences.length === 0) {
    stdout.write(reportOf(result, options));
    return result.differences.length === 0 ? allAgree : differ;
  }
  if (!options.json) stdout.write(`${result.differences.map(lineOf).join('')}Repairing …\n`);
  await repair(parts, result.differences);
  const after = await settled(check, since, options.waitSeconds);
  stdout.write(reportOf(after, options));
  return after.differences.length === 0 ? allAgree : differ;
}

/** Each workflow once: an application, or an amendment, is resumed for all that hangs on it, and one that is resumed needs no signal. */
async function repair({ repairs, amendments }: Parts, differences: readonly Difference[]): Promise<void> {
  const broken = differences.filter(({ repair: wanted }) => wanted === 'resume');
  const changes = new Set(broken.flatMap(({ amendmentId }) => amendmentId ?? []));
  const first = broken.filter(({ amendmentId }) => amendmentId === null);
  for (const applicationId of new Set(first.flatMap((each) => each.applicationId ?? []))) {
    await repairs.resume(applicationId);
  }
  for (const amendmentId of changes) await amendments.resume(amendmentId);
  const refreshed = new Set<string>();
  for (const { repair: wanted, process: name, workflowId, rowId, programId } of differences) {
    if (wanted !== 'refresh' || refreshed.has(workflowId)) continue;
    refreshed.add(workflowId);
    await repairs.refresh(programId, rowId, { workflowId, signal: refreshSignals[name] });
  }
}

/** Compares until all agree or the time is up: repairs leave by the outbox, and a resumed parent begins its children. */
async function settled(check: WorkflowCheck, since: Date, waitSeconds: number): Promise<CheckResult> {
  const end = Date.now() + waitSeconds * 1_000;
  for (;;) {
    await pause(1_000);
    const result = await check.run(since);
    const canChange = result.differences.some(({ repair: wanted }) => wanted !== 'none');
    if (!canChange || Date.now() >= end) return result;
  }
}

function reportOf({ rows, running, differences }: CheckResult, { json }: Options): string {
  if (json) return `${JSON.stringify({ rows, running, differences }, null, 2)}\n`;
  const counted = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  const verdict = differences.length === 0 ? 'All agree.' : `${counted}.`;
  return `${differences.map(lineOf).join('')}${rows} rows and ${running} running workflows compared. ${verdict}\n`;
}

const advice: Readonly<Record<Difference['repair'], string>> = {
  resume: 'begun anew by --repair',
  refresh: 'reads its row again by --repair',
  none: 'needs a person',
};

function lineOf({ kind, workflowId, detail, repair: wanted }: Difference): string {
  return `${kind} ${workflowId}: ${detail} (${advice[wanted]})\n`;
}

function readOptions(argv: readonly string[]): Options | undefined {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const { values } = parsed(() =>
    parseArgs({ args: [...argv], options: { repair: flag, json: flag, help: flag, days: text, wait: text } }),
  );
  if (values.help) return undefined;
  return {
    repair: values.repair ?? false,
    json: values.json ?? false,
    days: wholeNumber('--days', values.days, 7, 90),
    waitSeconds: wholeNumber('--wait', values.wait, 30, 3_600),
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,4}$/.test(text) && Number(text) <= most) return Number(text);
  throw new UsageError(`${name} must be a whole number from 0 to ${most}\n${usage}`);
}

function parsed<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
