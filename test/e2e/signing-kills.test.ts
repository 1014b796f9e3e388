import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { demoUsers, type CompanyRole } from '../../libs/identity/index.js';
import { signature } from '../../libs/orchestration/index.js';
import {
  forEachLimited,
  MailBox,
  PactlineApi,
  PartnerWalk,
  type CompanyTokens,
  type OfferedPartner,
  type SentPartner,
} from '../../tools/client/index.js';
import { main as verify } from '../../tools/verify/main.js';
import { ContractingWalk } from '../support/contracting.js';
import { HeldEnvelope } from '../support/held-envelope.js';
import { TestProduct } from '../support/product.js';
import { seededRandom } from '../support/seeded-random.js';
import { WorkerProcess } from '../support/worker-process.js';

/** How many workers are killed at random, and how many run and how many partners are walked at a time meanwhile. */
const kills = 50;
const lanes = 2;
const walkers = 12;
const readyAtFirst = 36;
/** Longer than the storm lasts on a slow and busy machine: whoever was unlucky goes on when it is over. */
const patienceMs = 900_000;

/** Steps of an envelope by the activity that takes them, as conditions on its row. */
const steps = {
  freezeEnvelope: `state = 'draft'`,
  sealPartner: `state = 'partner_signed'`,
  sealCompany: `state = 'sealing' and verified_at is null`,
  certifyContract: `state = 'sealing' and verified_at is not null and certificate_sha256 is null`,
  executeContract: `state = 'sealing' and certificate_sha256 is not null`,
} as const;

let product: TestProduct;
let house: ContractingWalk;
let walk: PartnerWalk;
const workers: WorkerProcess[] = [];
const partners: SentPartner[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'pactline-kills-'));

beforeAll(async () => {
  // What a killed worker leaves half-written is removed after twice this time.
  product = await TestProduct.start({ DOCUMENTS_TIMEOUT_MS: '3000' });
  house = await ContractingWalk.open(product);
  const roles = Object.keys(demoUsers) as CompanyRole[];
  const tokens = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await product.token(role)])));
  walk = new PartnerWalk({
    api: new PactlineApi(product.url, tokens as CompanyTokens, { patienceMs }),
    mails: new MailBox(product.mailUrl, { patienceMs }),
    programId: house.programId,
    consentVersion: house.document.application.consent?.version,
    patienceMs,
  });
  // From here on contracts are made by processes that can be killed.
  await product.stopWorker();
}, 120_000);

afterAll(async () => {
  for (const worker of workers) await worker.kill();
  await product.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

async function startWorker(): Promise<WorkerProcess> {
  const worker = await WorkerProcess.start(product);
  workers.push(worker);
  return worker;
}

let people = 0;
const newPerson = () => {
  const ref = `kill-${++people}`;
  return { ref, name: `Ada Number ${people}`, email: `${ref}@partner.example` };
};

test('a worker killed when a step has stored its document and not yet named it: the next one ends each step once', async () => {
  await startWorker();
  const begun = await Promise.all(Object.keys(steps).map(() => walk.offer(newPerson())));
  // All but the first, which is held before it is rendered, are signed by the partner or wait to be.
  const held = await Promise.all(
    Object.values(steps).map(async (condition, index) => {
      const offered = begun[index]!;
      const holding = HeldEnvelope.at(product, offered.negotiationId, condition);
      const whole = activate(offered);
      // A failure of the walk is told by `whole` itself; the held row is what is waited for here.
      return { envelope: await holding, whole };
    }),
  );
  for (const { envelope } of held) await product.until('the step to come to the row', () => envelope.isWaitedFor());
  // Contract, both seals and certificate lie in the storage; no envelope names them.
  expect(await unnamedDocuments()).toHaveLength(Object.keys(steps).length - 1);
  const running = await Promise.all(begun.map(({ negotiationId }) => stepsUnderWay(negotiationId)));
  expect(
    running
      .flat()
      .map(({ activity }) => activity)
      .sort(),
  ).toEqual(Object.keys(steps).sort());

  for (const worker of workers.splice(0)) await worker.kill();
  for (const { envelope } of held) await envelope.release();
  await startWorker();
  partners.push(...(await Promise.all(held.map(({ whole }) => whole))));
  for (const partner of partners) await expectWhole(partner);
  await expectNoOrphans();
}, 240_000);

test(`workers killed at ${kills} random moments: every contract is signed, sealed, certified and in force once`, async () => {
  for (const worker of workers.splice(0)) await worker.kill();
  const seed = randomInt(2 ** 31);
  const random = seededRandom(seed);
  const struck = new Map<string, number>();
  let begun = 0;
  let ended = 0;
  let failure: unknown;

  /** Half of the kills strike at any moment; the others a moment after some envelope was seen at some step. */
  async function moment(): Promise<void> {
    if (random() < 0.5) return pause(random() * 1_000);
    const [step] = Object.values(steps).slice(Math.floor(random() * Object.keys(steps).length));
    const end = Date.now() + 1_500;
    while ((await product.rows(`select 1 from envelopes where ${step} limit 1`)).length === 0 && Date.now() < end)
      await pause(5);
    await pause(random() * 40);
  }

  async function killAndStartAgain(): Promise<void> {
    while (begun < kills && failure === undefined) {
      begun += 1;
      const worker = await startWorker();
      await moment();
      await worker.kill();
      for (const step of await stepsOf(worker.pid)) struck.set(step, (struck.get(step) ?? 0) + 1);
      ended += 1;
    }
    await startWorker();
  }

  const ready = await readyPartners();
  async function walkOn(): Promise<void> {
    while ((ended < kills || ready.length > 0) && failure === undefined) {
      const next = ready.shift() ?? (await walk.offer(newPerson()));
      partners.push(await (isSent(next) ? conclude(next) : activate(next)));
    }
  }

  /** The first failure ends all, but only once all have ended: nothing may go on when the test is over. */
  const unlessFailed = (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => void (failure ??= error));
  const beganAt = Date.now();
  await Promise.all([
    ...Array.from({ length: lanes }, () => unlessFailed(killAndStartAgain)),
    ...Array.from({ length: walkers }, () => unlessFailed(walkOn)),
  ]);
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error('a part of the storm failed');
  const seconds = Math.round((Date.now() - beganAt) / 1000);
  const tally = [...struck].map(([step, count]) => `${step} ${count}`).sort();
  process.stdout.write(
    `${ended} kills (seed ${seed}) in ${seconds} s while ${partners.length} contracts were made; under way when killed: ${tally.join(', ')}\n`,
  );
  expect(partners.length).toBeGreaterThanOrEqual(walkers);
  for (const partner of partners) await expectWhole(partner);
  await expectNoOrphans();
}, 1_200_000);

/** Made while nothing is killed, so that the kills strike signatures: some have their contract, some an offer alone. */
async function readyPartners(): Promise<(OfferedPartner | SentPartner)[]> {
  await product.startWorker();
  const ready: (OfferedPartner | SentPartner)[] = [];
  await forEachLimited(Array(readyAtFirst).keys(), walkers, async (index) => {
    const offered = await walk.offer(newPerson());
    ready.push(index % 3 === 0 ? offered : await walk.send(offered));
  });
  await product.stopWorker();
  return ready;
}

function isSent(partner: OfferedPartner | SentPartner): partner is SentPartner {
  return 'link' in partner;
}

/** From an offer to an active partner. */
async function activate(offered: OfferedPartner): Promise<SentPartner> {
  return conclude(await walk.send(offered));
}

/** From the contract in the mail to an active partner. */
async function conclude(partner: SentPartner): Promise<SentPartner> {
  await walk.sign(partner);
  await walk.countersign(partner);
  await walk.active(partner);
  return partner;
}

/** What the server believes to be under way for a signature, and in which process. */
async function stepsUnderWay(negotiationId: string): Promise<{ activity: string; worker: string }[]> {
  const handle = product.temporal.workflow.getHandle(signature.workflowId(negotiationId));
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? [])
    .filter(({ lastStartedTime, lastFailure }) => lastStartedTime && !lastFailure)
    .map(({ activityType, lastWorkerIdentity }) => ({
      activity: activityType?.name ?? '',
      worker: lastWorkerIdentity ?? '',
    }));
}

/** The steps of all open envelopes that a process was at. */
async function stepsOf(pid: number): Promise<string[]> {
  const open = await product.rows<{ negotiation_id: string }>(
    `select negotiation_id from envelopes where state <> 'executed'`,
  );
  const found = await Promise.all(open.map(({ negotiation_id }) => stepsUnderWay(negotiation_id)));
  return found.flat().flatMap(({ activity, worker }) => (worker.startsWith(`${pid}@`) ? [activity] : []));
}

function unnamedDocuments(): Promise<{ kind: string }[]> {
  return product.rows<{ kind: string }>(
    `select kind from documents d where not exists (select 1 from envelopes e where d.sha256 in
       (e.document_sha256, e.partner_sealed_sha256, e.sealed_sha256, e.certificate_sha256))`,
  );
}

/** One executed document, one unbroken chain, one certificate, one activation, and the offline check accepts it. */
async function expectWhole({ envelopeId, negotiationId, partnerId, applicationId }: SentPartner): Promise<void> {
  const { state, overlays, documents } = await house.envelope(envelopeId);
  expect([state, overlays.sealBlocked, documents.d3]).toEqual(['executed', null, null]);
  const counted = `select
    (select count(*)::int from envelopes where negotiation_id = $1) as envelopes,
    (select count(*)::int from agreements where partner_id = $2) as agreements,
    (select count(*)::int from agreement_versions where partner_id = $2) as versions,
    (select count(*)::int from partners where application_id = $3) as partners,
    (select count(*)::int from audit_facts where subject_id = $3 and action = 'application.activate') as activations,
    (select count(*)::int from audit_facts where subject_id = $4 and to_state = 'executed') as executions`;
  const once = { envelopes: 1, agreements: 1, versions: 1, partners: 1, activations: 1, executions: 1 };
  expect(await product.rows(counted, negotiationId, partnerId, applicationId, envelopeId)).toEqual([once]);
  expect(await product.ended(signature.workflowId(negotiationId))).toBe('COMPLETED');

  const { facts, brokenAt } = await house.evidence(envelopeId);
  const types = facts.map(({ type }) => type);
  expect(brokenAt).toBeNull();
  for (const type of ['draft', 'frozen', 'sent', 'partner_signed', 'sealing', 'sealed', 'certified', 'executed']) {
    expect([type, types.filter((each) => each === type).length]).toEqual([type, 1]);
  }
  expect(await check(envelopeId)).toBe(0);
}

/** What `npm run verify` says of a contract and its evidence, as its exit code. */
async function check(envelopeId: string): Promise<number> {
  const files = { document: '', 'evidence-certificate': '' };
  for (const name of Object.keys(files) as (keyof typeof files)[]) {
    files[name] = path.join(folder, `${envelopeId}-${name}.pdf`);
    writeFileSync(files[name], await product.bytes(`/v1/envelopes/${envelopeId}/${name}`, house.tokens.legal));
  }
  const quiet = { write: () => true };
  const options = [files.document, '--evidence', files['evidence-certificate']];
  return verify(options, { stdout: quiet, stderr: quiet }, { SEAL_KEY_FILE: product.env.SEAL_KEY_FILE });
}

/** Every file has its row, every row its file, and every one of them is a part of a contract; nothing is left half-written. */
async function expectNoOrphans(): Promise<void> {
  await product.outboxEmpty();
  const rows = await product.rows<{ sha256: string; kind: string }>(`select sha256, kind from documents`);
  const home = product.env.DOCUMENTS_FOLDER!;
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const whole = files.filter(({ parentPath }) => path.basename(parentPath) !== 'incoming').map(({ name }) => name);
  expect(whole.sort()).toEqual(rows.map(({ sha256 }) => sha256).sort());
  expect(await unnamedDocuments()).toEqual([]);
  const count = (kind: string): number => rows.filter((row) => row.kind === kind).length;
  expect(['contract', 'contract_sealed', 'evidence_certificate'].map(count)).toEqual(
    [1, 2, 1].map((each) => each * partners.length),
  );
  await expectNothingHalfWritten(home);
}

/** What killed workers were writing goes with the next document that is stored after a while. */
async function expectNothingHalfWritten(home: string): Promise<void> {
  const incoming = path.join(home, 'incoming');
  if (readdirSync(incoming).length === 0) return;
  await pause(2 * product.env.DOCUMENTS_TIMEOUT_MS);
  partners.push(await walk.activate(newPerson()));
  expect(readdirSync(incoming)).toEqual([]);
}
