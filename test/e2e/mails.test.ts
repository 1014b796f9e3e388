import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { newId } from '../../libs/kernel/ids.js';
import { ContractingWalk, programDocument, type Applicant, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Logged {
  id: string;
  template: string;
  state: string;
  language: string | null;
  subjectId: string;
  code: string | null;
  messageId: string | null;
  resendOf: string | null;
}

const secret = `whsec_${randomBytes(32).toString('base64')}`;

describe('mails', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start({ MAIL_WEBHOOK_SECRET: secret });
    const mails = { 'signature-requested': { id: { opening: 'Kontrak {program} menunggu {recipient}.' } } };
    walk = await ContractingWalk.open(product, { contract: { languages: ['en', 'id', 'ar'] }, messages: { mails } });
  });
  afterAll(() => product.close());

  const log = (address: string, token = walk.tokens.manager): Promise<{ items: Logged[]; next: string | null }> =>
    product.ok('GET', address, { token });

  /** An approved applicant who is written to in this language from now on. */
  async function approvedIn(language: string, applicant: Applicant): Promise<void> {
    await product.rows(
      `update persons set language = $2 where id = (select person_id from applications where id = $1)`,
      applicant.applicationId,
      language,
    );
  }

  /** What the mail provider would send us; the status of our answer. */
  async function tell(
    body: object,
    { id = newId('evt'), with: key = secret, at = new Date() }: { id?: string; with?: string; at?: Date } = {},
  ): Promise<number> {
    const text = JSON.stringify(body);
    const answer = await product.call('POST', '/v1/inbound/mail', {
      raw: text,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(key).sign(id, at, text),
      },
    });
    return answer.status;
  }

  describe('of a partner', () => {
    let partner: Sent;
    beforeAll(async () => {
      partner = await walk.sent();
      await walk.sign(partner);
      // Whoever countersigns before it is asked gets no mail that asks for it.
      await product.mail(walk.document.contacts.legal!, 'please countersign');
      await walk.countersign(partner);
      await walk.stage(partner.applicationId, 'active');
      await product.outboxEmpty();
    });

    it('stand in its log, newest first, whatever they were about', async () => {
      const { items } = await log(`/v1/partners/${partner.partnerId}/mails`);
      expect(items.map(({ template, state }) => `${template} ${state}`)).toEqual([
        'partner-activated sent',
        'contract-executed sent',
        'contract-executed sent',
        'countersignature-requested sent',
        'signature-requested sent',
        'terms-proposed sent',
        'application-approved sent',
        'application-received sent',
        'application-verification sent',
      ]);
      expect(items.find(({ template }) => template === 'signature-requested')?.subjectId).toBe(partner.envelopeId);
      expect(await log(`/v1/applications/${partner.applicationId}/mails`)).toEqual({ items, next: null });
      expect(JSON.stringify(items)).not.toContain('@partner.example');
    });

    it('come in pages, by state and template', async () => {
      const first = await log(`/v1/partners/${partner.partnerId}/mails?limit=4`);
      const rest = await log(`/v1/partners/${partner.partnerId}/mails?limit=5&cursor=${first.next}`);
      expect([first.items.length, rest.items.length, rest.next]).toEqual([4, 5, null]);
      const one = await log(`/v1/mails?programId=${walk.programId}&template=partner-activated&state=sent`);
      expect(one.items.map(({ subjectId }) => subjectId)).toContain(partner.partnerId);
      expect((await log(`/v1/mails?programId=${walk.programId}&state=failed`)).items).toEqual([]);
    });

    it('are read by the company of its program and by auditors, not by partners or strangers', async () => {
      const address = `/v1/partners/${partner.partnerId}/mails`;
      const status = async (token: string) => (await product.call('GET', address, { token })).status;
      expect(await status(walk.tokens.auditor)).toBe(200);
      expect(await status(partner.token)).toBe(403);
      expect(await status(await product.token({ partnerId: partner.partnerId }))).toBe(403);
      expect(await status(await product.token('legal', { programId: newId('prg') }))).toBe(404);
      const none = `/v1/partners/${newId('prt')}/mails`;
      expect((await product.call('GET', none, { token: walk.tokens.manager })).status).toBe(404);
    });

    it('are sent again by a person, as a new mail and on record', async () => {
      const { items } = await log(`/v1/partners/${partner.partnerId}/mails?template=partner-activated`);
      const id = items[0]!.id;
      const resend = (token: string) => product.call<{ id: string }>('POST', `/v1/mails/${id}/resend`, { token });
      expect((await resend(walk.tokens.auditor)).status).toBe(403);
      const before = (await product.mails(partner.email, 'active')).length;
      const answer = await resend(walk.tokens.legal);
      expect(answer.status).toBe(202);
      await product.outboxEmpty();
      expect(await product.mails(partner.email, 'active')).toHaveLength(before + 1);
      const after = await log(`/v1/partners/${partner.partnerId}/mails?template=partner-activated`);
      expect(after.items.map((mail) => [mail.id, mail.resendOf])).toEqual([
        [answer.body.id, id],
        [id, null],
      ]);
      expect(await walk.audit(id)).toEqual(['mail.resend >']);
    });
  });

  describe('in the language of their reader', () => {
    it('are Arabic, from right to left, for whoever reads Arabic', async () => {
      const partner = await walk.approved();
      await approvedIn('ar', partner);
      await walk.accept(partner.negotiationId, partner.termsHash, partner.token);
      const mail = await product.mail(partner.email, 'اتفاقية');
      expect(mail.html).toMatch(/^<!doctype html><html lang="ar" dir="rtl">/);
      expect(mail.text).toContain('اتفاقية الشراكة جاهزة لتوقيعك.');
      expect(mail.text).toMatch(/signing\.rcp_[0-9a-f]{32}-\d+\./);
      const { items } = await log(`/v1/partners/${partner.partnerId}/mails?template=signature-requested`);
      expect(items[0]).toMatchObject({ language: 'ar' });
    });

    it("say a program's own words where it has some, in that language alone", async () => {
      const partner = await walk.approved();
      await approvedIn('id', partner);
      await walk.accept(partner.negotiationId, partner.termsHash, partner.token);
      const mail = await product.mail(partner.email, 'tanda tangani');
      expect(mail.text).toContain(`Kontrak ${walk.document.name} menunggu ${partner.name}.`);
      expect(mail.text).not.toContain('siap Anda tanda tangani');
    });

    it('are in the first language of the program for whoever speaks none of its languages, and for the company', async () => {
      const contacts = { legal: 'legal-id@company.example' };
      const indonesian = await ContractingWalk.open(product, { contract: { languages: ['id'] }, contacts });
      const { email } = await indonesian.apply();
      expect((await product.mail(email, 'pendaftaran Anda sudah kami terima')).subject).toContain(
        indonesian.document.name,
      );
      const partner = await indonesian.approved();
      await indonesian.accept(partner.negotiationId, partner.termsHash, partner.token);
      const { text } = await product.mail(partner.email, 'tanda tangani');
      const link = /(signing\.rcp_[0-9a-f]{32}-\d+\.[\w-]+)/.exec(text)?.[1] ?? '';
      const page = await product.ok<{ documentHash: string; consent: { version: string } }>(
        'GET',
        `/v1/signing/${link}`,
      );
      const body = { documentHash: page.documentHash, consentVersion: page.consent.version, consent: true };
      await product.ok('POST', `/v1/signing/${link}/signature`, { body: { ...body, typedName: partner.name } });
      expect((await product.mail(contacts.legal)).subject).toContain('mohon tanda tangani balik');
    });

    it('cannot be replaced by words that no mail has or that could not be filled', async () => {
      const refused = async (mails: object) => {
        const body = { ...programDocument(), messages: { mails } };
        const answer = await product.call<{ code: string; errors: { pointer: string; message: string }[] }>(
          'POST',
          '/v1/programs',
          { token: walk.tokens.admin, body },
        );
        return [answer.status, answer.body.code, answer.body.errors?.map(({ pointer }) => pointer)];
      };
      const at = (pointer: string) => [422, 'invalid-document', [`/messages/mails/${pointer}`]];
      expect(await refused({ 'no-such-mail': {} })).toEqual(at('no-such-mail'));
      expect(await refused({ 'application-received': { fr: { opening: 'Merci' } } })).toEqual(
        at('application-received/fr'),
      );
      expect(await refused({ 'application-received': { en: { header: 'Hi' } } })).toEqual(
        at('application-received/en/header'),
      );
      expect(await refused({ 'application-received': { en: { opening: 'By {expiry}' } } })).toEqual(
        at('application-received/en/opening'),
      );
      // There is not always a reason: only the text that tells it may hold it.
      expect(await refused({ 'application-rejected': { en: { opening: 'No: {reason}' } } })).toEqual(
        at('application-rejected/en/opening'),
      );
      expect(await refused({ 'application-received': { en: { subject: 'Two\nlines' } } })).toEqual(
        at('application-received/en/subject'),
      );
    });
  });

  describe('that come back', () => {
    it('are marked by the provider’s event, which counts once, and go out again on a person’s word', async () => {
      const partner = await walk.approved();
      await product.outboxEmpty();
      const address = `/v1/partners/${partner.partnerId}/mails`;
      const { items } = await log(`${address}?template=terms-proposed`);
      const event = {
        messageId: `<${items[0]!.messageId}>`,
        type: 'bounce',
        at: new Date().toISOString(),
        code: '5.1.1',
      };
      const id = newId('evt');
      expect(await tell(event, { id })).toBe(202);
      expect(await tell(event, { id })).toBe(202);
      await product.until('the bounce', async () => (await log(`${address}?state=bounced`)).items.length === 1);
      const before = (await product.mails(partner.email)).length;
      const again = await product.call('POST', `/v1/mails/${items[0]!.id}/resend`, { token: walk.tokens.manager });
      expect(again.status).toBe(202);
      await product.outboxEmpty();
      expect(await product.mails(partner.email)).toHaveLength(before + 1);
      const announced = await product.rows(
        `select payload ->> 'type' as type from outbox_messages where kind = 'domain_event' and subject_id = $1`,
        items[0]!.id,
      );
      expect(announced).toEqual([{ type: 'mail.bounced' }]);
    });

    it('hold the signing link back too, and say so in the log', async () => {
      const partner = await walk.approved();
      await product.outboxEmpty();
      const address = `/v1/partners/${partner.partnerId}/mails`;
      const { items } = await log(`${address}?template=terms-proposed`);
      await tell({ messageId: items[0]!.messageId, type: 'bounce', at: new Date().toISOString() });
      await product.until('the bounce', async () => (await log(`${address}?state=bounced`)).items.length === 1);
      await walk.accept(partner.negotiationId, partner.termsHash, partner.token);
      const { items: held } = await product.until('the mail that was held back', async () => {
        const page = await log(`${address}?state=suppressed`);
        return page.items.length > 0 && page;
      });
      expect(held.map(({ template }) => template)).toEqual(['signature-requested']);
      expect(await product.mails(partner.email, 'sign')).toEqual([]);
    });

    it('are told of by the provider alone', async () => {
      const event = { messageId: 'mal_x@pactline.example', type: 'complaint', at: new Date().toISOString() };
      expect(await tell(event)).toBe(202);
      expect(await tell(event, { with: `whsec_${randomBytes(32).toString('base64')}` })).toBe(401);
      expect(await tell(event, { at: new Date(Date.now() - 10 * 60_000) })).toBe(401);
      expect((await product.call('POST', '/v1/inbound/mail', { body: event })).status).toBe(401);
      expect(await tell({ ...event, type: 'opened' })).toBe(400);
      expect(await tell({ ...event, at: 'yesterday' })).toBe(400);
    });
  });
});
