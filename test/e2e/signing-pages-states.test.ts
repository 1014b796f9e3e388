import { sha256 } from '../../libs/kernel/sha256.js';
import { ContractingWalk, type ProgramChanges } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { invited, PlainBrowser, type Invited } from '../support/signer-visit.js';
import { newSigner, SigningDesk } from '../support/signing.js';

describe('the pages of a signer, whatever became of the contract', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  const browserOf = ({ link }: Pick<Invited, 'link'>) => new PlainBrowser(product.url, link);
  const title = (text: string): string | undefined =>
    /<h1>([^<]*)<\/h1>/.exec(text)?.[1]?.replace(/[\u2068\u2069]/g, '');

  it('wait for those who sign before, and say no more than that', async () => {
    const partnerSigners = { order: 'sequential' as const, max: 5 };
    const ordered = await ContractingWalk.open(product, { signature: { partnerSigners } });
    const other = newSigner();
    const partner = await invited(ordered, { others: [other] });
    const { id } = await new SigningDesk(ordered).recipient(partner.envelopeId, other.name);
    const link = await product.until('the other link', async () => {
      // The link is derived, and mailed only when it is its turn: it is made here as the mail would make it.
      const { CapabilityLinks, signingSubject } = await import('../../libs/platform/index.js');
      return Promise.resolve(new CapabilityLinks(product.env.LINK_SECRET).token('signing', signingSubject(id, 1)));
    });
    const early = new PlainBrowser(product.url, link);
    const waiting = await early.open();
    expect([waiting.status, title(waiting.text)]).toEqual([409, 'It is not your turn yet']);
    expect(waiting.text).not.toContain('<form');
    for (const path of ['contract', 'signature', 'decline', 'delegation', 'done', 'contract.pdf']) {
      expect([path, (await early.open(path)).location]).toEqual([path, `/sign/${link}`]);
    }
    const first = browserOf(partner);
    await first.begin();
    await first.sign();
    expect((await first.open('done')).text).toContain('the other signers of your side sign');
    await product.until('its turn', async () => (await early.open()).status === 200);
  });

  it('tell that it was declined, with the reason kept', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    await browser.begin();
    await browser.open('decline');
    const declined = await browser.submit('decline', { reason: 'The rate is too low', confirm: 'yes' });
    expect([declined.status, declined.location]).toEqual([303, `/sign/${partner.link}/done`]);
    expect(await walk.envelope(partner.envelopeId)).toMatchObject({ state: 'declined', reason: 'The rate is too low' });
    for (const path of ['', 'contract', 'signature', 'done']) {
      const fresh = browserOf(partner);
      const answer = await fresh.open(path);
      const shown = answer.location === null ? answer : await fresh.open('done');
      expect([path, title(shown.text)]).toEqual([path, 'The contract was declined']);
    }
  });

  it('pass the signing on: the old link says so, the new one signs', async () => {
    const desk = new SigningDesk(walk);
    const partner = await invited(walk);
    const browser = browserOf(partner);
    await browser.begin();
    await browser.open('delegation');
    const delegate = { ...newSigner('Grace Hopper'), position: 'Counsel', confirm: 'yes' };
    const fields = browser.fields('delegation', {
      name: delegate.name,
      email: delegate.email,
      position: 'Counsel',
      confirm: 'yes',
    });
    const pressed = await Promise.all([1, 2].map(() => browser.post('delegation', fields)));
    expect(pressed.map(({ status }) => status).every((status) => status === 303 || status === 410)).toBe(true);
    const after = await browser.open();
    expect([after.status, title(after.text)]).toEqual([410, 'Somebody else signs in your place']);
    expect(await desk.facts(partner.envelopeId, 'delegated')).toHaveLength(1);
    const other = new PlainBrowser(product.url, await desk.link(delegate.email));
    const contract = await other.begin();
    // The contract names whom it was made with: it is the same contract, and its text is still the one of its PDF.
    expect(contract.text).toContain('This is the whole text of the contract');
    expect((await other.open('signature')).text).toContain('Grace Hopper');
    expect((await other.submit('signature', { consent: 'yes', typedName: 'Grace Hopper' })).status).toBe(303);
  });

  it('offer no passing on where the program refuses it', async () => {
    const strict = await ContractingWalk.open(product, { signature: { delegation: 'refused' } });
    const browser = browserOf(await invited(strict));
    expect((await browser.begin()).text).not.toContain('/delegation"');
    expect((await browser.open('delegation')).location).toMatch(/\/contract$/);
  });

  it('name the reason why a link was replaced', async () => {
    const desk = new SigningDesk(walk);
    const moved = await invited(walk);
    const recipient = await desk.recipient(moved.envelopeId, moved.name);
    await desk.change(moved.envelopeId, 'correction', { recipientId: recipient.id, email: 'new@partner.example' });
    const corrected = await browserOf(moved).open();
    expect([corrected.status, title(corrected.text)]).toEqual([410, 'This link was replaced']);
    const renamed = await invited(walk);
    const { id: recipientId } = await desk.recipient(renamed.envelopeId, renamed.name);
    await desk.change(renamed.envelopeId, 'correction', { recipientId, name: 'Ada King' });
    const superseded = await browserOf(renamed).open('contract');
    expect([superseded.status, title(superseded.text)]).toEqual([410, 'There is a newer contract']);
  });

  it('know nothing of links that are not ours, in the reader’s language', async () => {
    const foreign = new PlainBrowser(product.url, 'signing.rcp_0-1.proof');
    const answer = await foreign.open('', { 'accept-language': 'id, en;q=0.5' });
    expect([answer.status, title(answer.text)]).toEqual([404, 'Tidak ada apa-apa di sini']);
    expect(answer.text).toContain('<html lang="id" dir="ltr">');
    expect((await foreign.post('signature', { consent: 'yes' })).status).toBe(404);
  });

  it('tell of a contract that was taken back while its form was open', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    await browser.begin();
    await browser.open('signature');
    await new SigningDesk(walk).change(partner.envelopeId, 'void', { reason: 'The wrong offer' });
    const late = await browser.submit('signature', { consent: 'yes', typedName: 'Ada' });
    expect([late.status, late.location]).toEqual([303, `/sign/${partner.link}/done`]);
    expect(title((await browser.open('done')).text)).toBe('The contract was taken back');
    expect(await new SigningDesk(walk).facts(partner.envelopeId, 'signing_intent')).toEqual([]);
  });

  it('tell that the time is over', async () => {
    const signature: ProgramChanges['signature'] = { expiresAfter: 'PT4S', warnBefore: 'PT1S' };
    const hasty = await ContractingWalk.open(product, { signature });
    const partner = await invited(hasty);
    const browser = browserOf(partner);
    await hasty.reaches(partner.envelopeId, 'expired');
    const over = await browser.open();
    expect([over.status, title(over.text)]).toEqual([200, 'The time to sign is over']);
    expect(over.text).not.toContain('<form');
  });

  it('give the sealed contract and its evidence once both sides have signed', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    await browser.begin();
    await browser.sign(partner.name);
    await walk.reaches(partner.envelopeId, 'awaiting_countersign');
    expect((await browser.open('done')).text).toContain('countersigns');
    await walk.countersign(partner);
    await walk.reaches(partner.envelopeId, 'executed');
    const done = await browser.open();
    expect(done.location).toMatch(/\/done$/);
    const end = await browser.open('done');
    expect(title(end.text)).toBe('The contract is signed by both sides');
    const { documents } = await walk.envelope(partner.envelopeId);
    const stored = async (path: string) => {
      const cookie = `signing_session=${browser.cookies.get('signing_session')}`;
      const response = await fetch(`${product.url}/sign/${partner.link}/${path}`, { headers: { cookie } });
      expect(response.headers.get('content-type')).toBe('application/pdf');
      return sha256(Buffer.from(await response.arrayBuffer()));
    };
    expect(await stored('contract.pdf')).toBe(documents.d2);
    expect(await stored('evidence.pdf')).toBe(documents.certificate);
    // Whoever comes later by the mail begins again, and gets the same.
    const later = browserOf(partner);
    expect((await later.open()).text).not.toContain('evidence.pdf');
    await later.submit('session');
    expect((await later.open('done')).text).toContain('evidence.pdf');
  });

  it('show no text that is not the one of the document', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    expect((await browser.begin()).text).toContain('id="section-1"');
    await product.rows(`update persons set name = 'Somebody Else' where email = $1`, partner.email);
    const changed = await browser.open('contract');
    expect(changed.status).toBe(200);
    expect(changed.text).toContain('Please read the PDF');
    expect(changed.text).not.toContain('id="section-1"');
  });

  it('say that nothing is lost while nobody answers, and sign by the same form after', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    await browser.begin();
    await browser.open('signature');
    const fields = browser.fields('signature', { consent: 'yes', typedName: 'Ada' });
    await product.stopWorker();
    const silent = await browser.post('signature', fields);
    expect([silent.status, title(silent.text)]).toEqual([503, 'Not available right now']);
    await product.startWorker();
    expect((await browser.post('signature', fields)).status).toBe(303);
    await walk.leaves(partner.envelopeId, 'viewed');
  });
});
