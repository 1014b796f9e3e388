import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { TcpGate } from '../support/tcp-gate.js';

const patience = 180_000;

describe('signing while the mail server is away', () => {
  let gate: TcpGate;
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    gate = await TcpGate.start();
    product = await TestProduct.start({ SMTP_URL: `smtp://127.0.0.1:${gate.port}` });
    gate.target = new URL(product.smtpUrl);
    walk = await ContractingWalk.open(product);
  }, patience);
  afterAll(async () => {
    await product.close();
    await gate.close();
  });

  /** Waits until a mail of this template was tried and could not be handed over. */
  function tried(template: string): Promise<unknown> {
    return product.until(`a try of ${template}`, async () => {
      const rows = await product.rows(
        `select 1 from outbox_messages where kind = 'mail' and delivered_at is null and attempts > 0
           and payload->>'template' = $1`,
        template,
      );
      return rows.length > 0;
    });
  }

  it(
    'goes on without it, and each mail comes once when it is back',
    async () => {
      const approved = await walk.approved();
      gate.shut();
      await walk.accept(approved.negotiationId, approved.termsHash, approved.token);
      const envelopeId = await product.until('the envelope', async () => {
        return (await walk.application(approved.applicationId)).envelopeId ?? undefined;
      });
      await walk.reaches(envelopeId, 'sent');
      await tried('signature-requested');
      expect(await product.mails(approved.email, 'please sign')).toHaveLength(0);
      gate.isShut = false;
      const partner = { ...approved, ...(await walk.signingPage(approved)) };

      gate.shut();
      expect((await walk.sign(partner)).status).toBe(200);
      await tried('countersignature-requested');
      // Whoever countersigns need not wait for the mail: the list has it.
      expect((await walk.countersign(partner)).status).toBe(200);
      await walk.stage(partner.applicationId, 'active');
      await tried('contract-executed');
      gate.isShut = false;
      await product.outboxEmpty();
      const { legal } = walk.document.contacts;
      const receivers = [...(await product.mails(partner.email)), ...(await product.mails(legal!))]
        .filter(({ attachments }) => attachments.length > 0)
        .map(({ to }) => String(to));
      expect(new Set(receivers).size).toBe(2);
      expect(await product.mails(partner.email, 'please sign')).toHaveLength(1);
    },
    patience,
  );
});
