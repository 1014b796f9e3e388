import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatMoney } from '../../libs/kernel/money.js';
import { companyTokens, MailBox, PactlineApi } from '../client/index.js';
import { messageOf } from '../embedded/project.mjs';
import { formatSeconds } from '../embedded/steps.mjs';
import { castOf } from './characters.js';
import { contractPartner, type ContractedPartner, type Stage } from './contracting.js';
import { earn, type Earned } from './earning.js';
import { readDemoOptions, usage, UsageError, type DemoOptions } from './options.js';
import { pay, type Paid } from './paying.js';
import { findServers, type DemoServers } from './servers.js';
import { Story } from './story.js';

const done = 0;
const failed = 1;
const badCommand = 2;
const interrupted = 130;

/**
 * `demo`: walks one partner from application to a paid commission over HTTP, telling each step.
 *
 * @param signal ends the demo, stopping what it started
 * @returns the code to exit with: 0 when the commission was paid
 */
export async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const write = (text: string): void => void process.stdout.write(text);
  try {
    const options = readDemoOptions(argv);
    if (!options) write(usage);
    else await demonstrate(options, write, signal);
    return done;
  } catch (error) {
    if (signal.aborted) return interrupted;
    process.stderr.write(`\ndemo: ${messageOf(error)}\n${error instanceof UsageError ? usage : ''}`);
    return error instanceof UsageError ? badCommand : failed;
  }
}

async function demonstrate(options: DemoOptions, write: (text: string) => void, signal: AbortSignal): Promise<void> {
  // Made first: a folder that cannot be written is better known before the story than after it.
  if (options.out !== undefined) mkdirSync(options.out, { recursive: true });
  const servers = await findServers(write, signal);
  try {
    await walk(options, servers, write, signal);
  } finally {
    await servers.stop();
  }
}

async function walk(
  { out }: DemoOptions,
  { env, urls }: DemoServers,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!urls.mail)
    throw new Error('The demo reads a signing link from the local mail catcher, but SMTP_URL sends real mail.');
  const now = new Date();
  const cast = castOf(now.getTime().toString(36), now);
  const story = new Story(write);
  const api = new PactlineApi(urls.api, await companyTokens(env), { signal });
  const stage: Stage = { api, mails: new MailBox(urls.mail, { signal }), story, cast, signal };
  write("\nOne partner's way, from application to a paid commission.\n");
  const partner = await contractPartner(stage);
  const earned = await earn(stage, partner);
  const paid = await pay(stage, partner);
  if (BigInt(paid.amount.amountMinor) !== earned.commissionMinor) {
    throw new Error(`Paid were ${paid.amount.amountMinor} minor units, but earned ${earned.commissionMinor}.`);
  }
  if (out !== undefined) writePapers(out, { partner, earned, paid, story });
  const sum = formatMoney(BigInt(paid.amount.amountMinor), paid.amount.currency);
  if (out !== undefined)
    write(`\nThe contract, its evidence, the remittance advice and summary.json are in ${path.resolve(out)}.\n`);
  write(`\nPaid to ${cast.partner.name}: ${sum}, ${formatSeconds(story.elapsedMs() / 1000)} after the first step.\n`);
}

interface Papers {
  partner: ContractedPartner;
  earned: Earned;
  paid: Paid;
  story: Story;
}

function writePapers(folder: string, { partner, earned, paid, story }: Papers): void {
  const { contract, evidence, ...contracted } = partner;
  const { remittanceAdvice, ...payment } = paid;
  writeFileSync(path.join(folder, 'contract.pdf'), contract);
  writeFileSync(path.join(folder, 'evidence.pdf'), evidence);
  writeFileSync(path.join(folder, 'remittance-advice.pdf'), remittanceAdvice);
  const { events, commissionMinor } = earned;
  const commission = { amountMinor: Number(commissionMinor), currency: paid.amount.currency };
  const timings = { steps: story.timings, totalMilliseconds: story.elapsedMs() };
  const summary = { ...contracted, events, commission, payment, timings };
  writeFileSync(path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
}
