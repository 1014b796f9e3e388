import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatMoney } from '../../libs/kernel/money.js';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { companyTokens, MailBox, PactlineApi } from '../client/index.js';
import { FolderIsTaken } from '../embedded/folder-lock.mjs';
import { startProduct, type Product } from '../embedded/product.js';
import { messageOf } from '../embedded/project.mjs';
import { formatSeconds, Steps } from '../embedded/steps.mjs';
import { writePartnerTotals } from '../simulate/partner-totals.js';
import { submitApplications } from './applicants.js';
import { contractPartners } from './contracts.js';
import { byTime, eventsOf, reportEvents, withKnownOrders, type EventFiles, type RehearsedEvent } from './events.js';
import { Findings } from './findings.js';
import { openRehearsalHome, refuseRealRail, type RehearsalHome } from './home.js';
import { filesCurrency, readApplications, readOrders, readRefunds, type ApplicationInputs } from './inputs.js';
import { PeakMemory } from './memory.js';
import { differences, priceOffline, writeEvents } from './offline-check.js';
import { readRehearsalOptions, UnusableInput, usage, UsageError, type RehearsalOptions } from './options.js';
import { monthlyCutOffs, payMonthly } from './payouts.js';
import { formFields, openProgram, readTermsFile, rehearsalProgram } from './program.js';
import { Progress } from './progress.js';
import { patienceMs, type Rehearsal } from './rehearsal.js';
import { disagreements, readEarned, readTiers, readTotals, type Earned } from './totals.js';

const done = 0;
const failed = 1;
const unusable = 2;
const interrupted = 130;
/** How many of the sums that differ are told at once; the report has all. */
const shownDifferences = 20;
const goesOn = 'The same command goes on where it stopped.';

/**
 * `rehearse`: plays a past year through the real workflows against the sandbox rail, in a home of its own.
 *
 * @param stop ends it in order; the same command goes on later
 * @returns the code to exit with: 0 where ledger, rail and payouts agree, 1 where not, 2 for input it cannot begin with
 */
export async function main(argv: readonly string[], stop: AbortController): Promise<number> {
  try {
    const options = readRehearsalOptions(argv);
    if (options) return (await rehearse(options, stop)) ? done : failed;
    process.stdout.write(usage);
    return done;
  } catch (error) {
    if (stop.signal.aborted) return say(`${messageOf(stop.signal.reason)} ${goesOn}`, interrupted);
    if (error instanceof UnusableInput) {
      return say(
        [...error.places, error.message].join('\n') + (error instanceof UsageError ? `\n${usage}` : ''),
        unusable,
      );
    }
    if (error instanceof FolderIsTaken) return say(`The home is in use: ${error.message}`, unusable);
    return say(`${messageOf(error)}\n${goesOn}`, failed);
  }
}

function say(message: string, code: number): number {
  process.stderr.write(`rehearse: ${message}\n`);
  return code;
}

/** All that is read before anything is started. */
interface Files extends EventFiles {
  applications: ApplicationInputs;
  terms: Terms | undefined;
}

async function rehearse(options: RehearsalOptions, stop: AbortController): Promise<boolean> {
  refuseRealRail(process.env);
  const files = await readFiles(options);
  const report = path.resolve(options.report);
  for (const file of [report, options.totals, options.events]) {
    if (file !== undefined) mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  }
  const home = openRehearsalHome(options);
  const steps = new Steps();
  steps.say(`${home.isResumed ? 'Going on with' : 'Beginning'} the rehearsal in ${home.folder}`);
  const product = await startProduct({
    home: home.folder,
    port: 0,
    // Nothing of the environment: its servers are those of a real installation.
    given: { REHEARSAL: 'true' },
    steps,
    signal: stop.signal,
    onGiveUp: (name) => stop.abort(new Error(`${name} could not be kept running.`)),
  });
  const memory = new PeakMemory(product.processes);
  try {
    return await play({ options, files, home, report, product, memory, steps, signal: stop.signal });
  } finally {
    memory.stop();
    await product.stop();
  }
}

async function readFiles({ applications, orders, refunds, terms }: RehearsalOptions): Promise<Files> {
  const now = new Date();
  return {
    terms: terms === undefined ? undefined : readTermsFile(terms),
    applications: await readApplications(applications),
    ...withKnownOrders({
      orders: await readOrders(orders, now),
      refunds: refunds === undefined ? undefined : await readRefunds(refunds, now),
    }),
  };
}

interface Play {
  options: RehearsalOptions;
  files: Files;
  home: RehearsalHome;
  report: string;
  product: Product;
  memory: PeakMemory;
  steps: Steps;
  signal: AbortSignal;
}

async function play({ options, files, home, report, product, memory, steps, signal }: Play): Promise<boolean> {
  const { env, urls } = product;
  if (!urls.mail || !urls.sandbox) throw new Error('The rehearsal has no mail catcher or no sandbox.');
  const startSeconds = steps.elapsedSeconds();
  const findings = new Findings((text) => void process.stderr.write(text));
  const progress = new Progress(process.stdout);
  const patience = { patienceMs, signal };
  const api = new PactlineApi(urls.api, await companyTokens(env), patience);
  const { formColumns } = files.applications;
  const document = rehearsalProgram(
    { slug: `rehearsal-${home.inputsHash.slice(0, 16)}`, terms: files.terms, formColumns },
    new Date(),
  );
  const { id: programId } = await openProgram(api, document);
  const mails = new MailBox(urls.mail, patience);
  const { isResumed } = home;
  const rehearsal: Rehearsal = {
    api,
    mails,
    sandboxUrl: urls.sandbox,
    programId,
    isResumed,
    findings,
    progress,
    signal,
  };

  const events = eventsOf(files);
  const submitted = await submitApplications(rehearsal, files.applications, formFields(formColumns));
  const partners = await contractPartners(rehearsal, submitted.applicants, events[0]?.occurredAt);
  const { accepted, ...counts } = await reportEvents(rehearsal, events, files);
  const cutOffs = cutOffsOf(accepted, document.terms);
  const payouts = await payMonthly(rehearsal, cutOffs);
  const earned = await readEarned(rehearsal);
  const totals = await readTotals(rehearsal, earned, payouts);

  // Only what partners under contract brought about earns anything.
  const contracted = new Set(partners.map(({ partnerRef }) => partnerRef));
  const earning = accepted.filter(({ partnerRef }) => contracted.has(partnerRef)).sort(byTime);
  const wrong = [
    ...disagreements(totals),
    ...(await compareOffline(rehearsal, document.terms, { earning, earned, cutOffs })),
  ];
  if (options.totals !== undefined) writePartnerTotals(options.totals, earned.totals);
  if (options.events !== undefined) writeEvents(options.events, earning);
  const timings = {
    startSeconds,
    ...Object.fromEntries(Object.entries(progress.seconds).map(([phase, seconds]) => [`${phase}Seconds`, seconds])),
    totalSeconds: steps.elapsedSeconds(),
    resumed: home.isResumed,
    apiPeakMemoryBytes: memory.bytes('api'),
    workerPeakMemoryBytes: memory.bytes('worker'),
  };
  const parts = { applications: submitted.counts, partners: { activated: partners.length }, ...counts, ...totals };
  writeReport(report, { ...parts, timings, disagreements: wrong, rows: findings.sorted() });
  tell(steps, report, totals, wrong);
  return wrong.length === 0;
}

/** How what the partners earned differs from what the engine alone gives for the same events. */
async function compareOffline(
  rehearsal: Rehearsal,
  terms: Terms,
  { earning, earned, cutOffs }: { earning: readonly RehearsedEvent[]; earned: Earned; cutOffs: readonly Date[] },
): Promise<string[]> {
  const tiers = terms.tiers ? await readTiers(rehearsal, earned.partners) : new Map<string, []>();
  return differences(earned.totals, priceOffline(earning, { terms, tiers, lastCutOff: cutOffs.at(-1) }));
}

/** When is vested and paid: once a month until all has vested that the events have earned. */
function cutOffsOf(accepted: readonly RehearsedEvent[], terms: Terms): Date[] {
  const times = accepted.map(({ occurredAt }) => occurredAt.getTime());
  if (times.length === 0) return [];
  const [first, last] = times.reduce(
    ([low, high], time) => [Math.min(low, time), Math.max(high, time)],
    [Infinity, -Infinity],
  );
  return monthlyCutOffs(new Date(first), new Date(last), terms, new Date());
}

/** In one step: a report is whole or not there. */
function writeReport(file: string, report: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function tell(
  steps: Steps,
  report: string,
  { commission, payouts }: Awaited<ReturnType<typeof readTotals>>,
  wrong: readonly string[],
): void {
  const money = (minor: number): string => formatMoney(BigInt(minor), filesCurrency);
  steps.say('');
  steps.say(
    `Earned ${money(commission.totalMinor)} in ${commission.lines} lines; paid ${money(payouts.totalMinor)} in ` +
      `${payouts.settled} payments of ${payouts.batches} batches; ${money(payouts.carriedMinor)} carried over.`,
  );
  steps.say(
    wrong.length === 0
      ? 'Ledger, rail and payouts agree to the cent, and each partner earned what the engine alone gives it.'
      : 'The sums DO NOT agree:',
  );
  for (const line of wrong.slice(0, shownDifferences)) process.stderr.write(`rehearse: ${line}\n`);
  if (wrong.length > shownDifferences)
    process.stderr.write(`rehearse: and ${wrong.length - shownDifferences} more, all in the report\n`);
  steps.say(`The report is in ${report}; it took ${formatSeconds(steps.elapsedSeconds())}.`);
}
