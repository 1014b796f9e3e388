import { fileURLToPath } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NativeConnection, Worker } from '@temporalio/worker';
import { activityMap } from '../../apps/worker/create-worker.js';
import { WorkerModule } from '../../apps/worker/worker.module.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { taskQueues, viewed, type SignatureActivities, type SignatureInput } from '../../libs/orchestration/index.js';
import { CapabilityLinks } from '../../libs/platform/index.js';
import { encryptingDataConverter } from '../../libs/temporal/index.js';
import { ContractingWalk, type Approved } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { temporalAddress } from '../support/servers.js';
import { outcome, SigningDesk } from '../support/signing.js';

/**
 * Envelopes that the release before had sent are in flight when this one takes over: their workflows have histories
 * without recipients, their rows are what the migration made of them, and the links in the mails are theirs.
 */
describe('envelopes of the release before', () => {
  let product: TestProduct;
  let signing: SigningDesk;
  let context: INestApplicationContext;
  let links: CapabilityLinks;
  beforeAll(async () => {
    product = await TestProduct.start();
    const signature = { expiresAfter: 'PT10M', remindEvery: 'PT2S', maxReminders: 1 };
    signing = new SigningDesk(await ContractingWalk.open(product, { signature }));
    context = await NestFactory.createApplicationContext(WorkerModule.forRoot(product.env), { logger: false });
    links = context.get(CapabilityLinks);
  });
  afterAll(async () => {
    await context.close();
    await product.close();
  });

  /** Sends by this release, then leaves behind what the release before and the migration would have. */
  async function sendAsBefore(activities: SignatureActivities, input: SignatureInput): Promise<unknown> {
    const sent = await activities.sendEnvelope(input);
    const { envelopeId, documentHash } = sent!;
    const link = CapabilityLinks.hash(links.token('signing', envelopeId));
    await product.rows(`update envelopes set is_sealable = false, program_version = null where id = $1`, envelopeId);
    await product.rows(
      `update envelope_recipients set link_hash = $2 where envelope_id = $1 and party = 'partner'`,
      envelopeId,
      link,
    );
    const times = { expiresAtMs: sent!.expiresAtMs, remindEveryMs: 2_000, maxReminders: 1 };
    return { envelopeId, state: 'sent', documentHash, ...times };
  }

  /** Lets the release before do some work. */
  async function before(work: () => Promise<void>): Promise<void> {
    await product.stopWorker();
    const connection = await NativeConnection.connect({ address: temporalAddress() });
    const activities = activityMap(context).contracting as unknown as SignatureActivities;
    const worker = await Worker.create({
      connection,
      namespace: product.env.TEMPORAL_NAMESPACE,
      taskQueue: `${product.env.TASK_QUEUE_PREFIX}${taskQueues.contracting}`,
      dataConverter: encryptingDataConverter(Keyring.parse(product.env.ENCRYPTION_KEYS)),
      workflowsPath: fileURLToPath(new URL('../support/release-before.workflow.ts', import.meta.url)),
      activities: {
        ...activities,
        sendEnvelope: (input: SignatureInput) => sendAsBefore(activities, input),
        // What falls due while the release before still runs is tried again, by this one. Answered by this one's activity there, the
        // old workflow would be handed over to nobody, and end.
        remind: () => Promise.reject(new Error('the release before is about to be stopped')),
      },
    });
    await worker.runUntil(work);
    await connection.close();
    await product.startWorker();
  }

  async function accepted(partner: Approved): Promise<{ envelopeId: string; link: string }> {
    await signing.walk.accept(partner.negotiationId, partner.termsHash, partner.token);
    const envelopeId = await signing.envelopeOf(partner);
    await product.until('the hand-over of the link', async () => {
      const [row] = await product.rows(`select 1 from envelopes where id = $1 and not is_sealable`, envelopeId);
      return row !== undefined;
    });
    return { envelopeId, link: links.token('signing', envelopeId) };
  }

  it('are signed and executed by this one, reminded once more, or expire; none is lost', async () => {
    const [first, second] = [await signing.walk.approved(), await signing.walk.approved()];
    let one = { envelopeId: '', link: '' };
    let two = one;
    await before(async () => {
      [one, two] = [await accepted(first), await accepted(second)];
      // Both wait for their signers under the release before.
      for (const partner of [first, second]) {
        await product.until('the old workflow', async () => {
          const described = await product.description(`signature/${partner.negotiationId}`);
          return described !== undefined && described.historyLength >= 10;
        });
      }
    });
    const [runOne, runTwo] = await Promise.all(
      [first, second].map(async ({ negotiationId }) => {
        return (await product.temporal.workflow.getHandle(`signature/${negotiationId}`).describe()).runId;
      }),
    );
    // The link of the old mail opens and signs the envelope.
    const page = await signing.page(one.link);
    expect(page.envelopeId).toBe(one.envelopeId);
    const signed = await signing.sign(one.link);
    expect([...outcome(signed), signed.body.detail]).toEqual([200, 'partner_signed', undefined]);
    await signing.walk.reaches(one.envelopeId, 'awaiting_countersign');
    expect((await signing.walk.countersign(one)).status).toBe(200);
    await signing.walk.stage(first.applicationId, 'active');
    const { documents, state } = await signing.walk.envelope(one.envelopeId);
    expect([state, documents.d1, documents.d2, documents.certificate]).toEqual(['executed', null, null, null]);
    // It had no fields for seals, so the contract is what was signed, byte for byte.
    expect(sha256(await product.bytes(`/v1/signing/${one.link}/document`))).toBe(documents.d0);
    const mail = await product.mail(first.email, 'signed by both sides');
    expect(mail.attachments.map(({ fileName }) => fileName)).toEqual(['contract.pdf']);
    for (const [partner, run] of [
      [first, runOne],
      [second, runTwo],
    ] as const) {
      const handle = product.temporal.workflow.getHandle(`signature/${partner.negotiationId}`);
      await product.until('a new run', async () => (await handle.describe()).runId !== run);
    }
    await product.mail(second.email, 'remind');
    // Its time is over sooner than was said, and the workflow is told to look.
    await product.rows(`update envelopes set expires_at = now() + interval '1 second' where id = $1`, two.envelopeId);
    await product.temporal.workflow.getHandle(`signature/${second.negotiationId}`).signal(viewed);
    await signing.walk.stage(second.applicationId, 'lapsed');
    expect((await signing.walk.envelope(two.envelopeId)).state).toBe('expired');
    expect((await product.mails(second.email, 'remind')).length).toBe(1);
    for (const { negotiationId } of [first, second])
      expect(await product.ended(`signature/${negotiationId}`)).toBe('COMPLETED');
  }, 180_000);
});
