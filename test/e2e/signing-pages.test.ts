import { sha256 } from '../../libs/kernel/sha256.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { invited, PlainBrowser, type Invited, type SentFields } from '../support/signer-visit.js';
import { newSigner, SigningDesk } from '../support/signing.js';

describe('the pages of a signer, over plain HTTP', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let desk: SigningDesk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    desk = new SigningDesk(walk);
  });
  afterAll(() => product.close());

  const browserOf = ({ link }: Pick<Invited, 'link'>) => new PlainBrowser(product.url, link);
  const state = async ({ envelopeId }: Invited) => (await walk.envelope(envelopeId)).state;
  const count = async ({ envelopeId }: Invited, type: string) => (await desk.facts(envelopeId, type)).length;

  it('change nothing for whoever only follows links, as mail servers do', async () => {
    const partner = await invited(walk);
    const { link } = partner;
    for (const path of ['', '/contract', '/signature', '/decline', '/delegation', '/done', '/code', '/contract.pdf']) {
      for (const method of ['GET', 'HEAD']) {
        const response = await fetch(`${product.url}/sign/${link}${path}`, { method, redirect: 'manual' });
        expect([method, path, response.status]).toEqual([method, path, path === '' ? 200 : 303]);
      }
    }
    expect(await state(partner)).toBe('sent');
    expect(await count(partner, 'viewed')).toBe(0);
    expect(await product.rows(`select id from signing_sessions`)).toEqual([]);
    const landing = await browserOf(partner).open();
    for (const secret of [partner.name, partner.termsHash, 'I have read the contract']) {
      expect(landing.text).not.toContain(secret);
    }
  });

  it('count as a look once the button was pressed, and sign by forms alone', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    const contract = await browser.begin();
    expect(contract.status).toBe(200);
    expect(await state(partner)).toBe('viewed');
    const [look] = await desk.facts(partner.envelopeId, 'viewed');
    expect(look).toMatchObject({ ipAddress: '127.0.0.1', sessionId: expect.stringMatching(/^ses_/) as unknown });
    const signed = await browser.sign('Ada Lovelace');
    expect([signed.status, signed.location]).toEqual([303, `/sign/${partner.link}/done`]);
    expect((await browser.open('done')).text).toContain('You have signed');
    await walk.leaves(partner.envelopeId, 'viewed');
    const [intent] = await desk.facts(partner.envelopeId, 'signing_intent');
    expect(intent).toMatchObject({ typedName: 'Ada Lovelace', mark: 'typed', sessionId: look!['sessionId'] });
    const [consent] = await desk.facts(partner.envelopeId, 'consent_shown');
    expect(consent).toMatchObject({ consentVersion: intent!['consentVersion'], documentHash: intent!['documentHash'] });
    expect(await desk.facts(partner.envelopeId, 'signed')).toMatchObject([{ sessionId: look!['sessionId'] }]);
  });

  it('say to the browser that nothing foreign may run, frame, keep or learn of them', async () => {
    const partner = await invited(walk);
    const { headers, text } = await browserOf(partner).open();
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);
    expect(text).not.toMatch(/<script(?! src="\/assets\/)|<style| style=| on\w+=/);
    for (const [, address = ''] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const asset = await fetch(`${product.url}${address}`);
      expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
      expect(address).toContain(sha256(Buffer.from(await asset.arrayBuffer())).slice(0, 16));
    }
  });

  it('keep their cookies to the pages of one link, from scripts and from other sites', async () => {
    const partner = await invited(walk);
    const browser = browserOf(partner);
    const landing = await browser.open();
    const begun = await browser.submit('session');
    for (const cookie of [...landing.headers.getSetCookie(), ...begun.headers.getSetCookie()]) {
      expect(cookie).toMatch(
        /^signing_(form|session)=[\w-]{43}; Path=\/sign\/signing\.rcp_\S+; HttpOnly; SameSite=Strict(; Expires=.*)?$/,
      );
    }
    const other = browserOf(await invited(walk));
    other.cookies.set('signing_session', browser.cookies.get('signing_session')!);
    expect((await other.open('contract')).location).toMatch(/\?ended$/);
  });

  describe('take a form', () => {
    it('only where it was shown in the same browser', async () => {
      const partner = await invited(walk);
      const browser = browserOf(partner);
      await browser.begin();
      await browser.open('signature');
      const fields = browser.fields('signature', { consent: 'yes', typedName: 'Ada' });
      const stranger = browserOf(partner);
      await stranger.open();
      const { formToken: foreign = '' } = stranger.fields('session');
      const attempts: [string, PlainBrowser, Record<string, string>, Record<string, string>][] = [
        ['no token', browser, { ...fields, formToken: '' }, {}],
        ['a token of another browser', browser, { ...fields, formToken: foreign }, {}],
        ['another site', browser, fields, { 'sec-fetch-site': 'cross-site' }],
        ['another host of the site', browser, fields, { 'sec-fetch-site': 'same-site' }],
        ['no cookies', stranger, fields, {}],
      ];
      for (const [what, from, sent, headers] of attempts) {
        const { status, text } = await from.post('signature', sent, headers);
        expect([what, status]).toEqual([what, 403]);
        expect(text).toContain('This page was open for too long');
      }
      for (const action of ['session', 'code', 'decline', 'delegation']) {
        const sent = {
          reason: 'No',
          confirm: 'yes',
          name: 'Eve',
          email: 'eve@partner.example',
          formKey: fields['formKey']!,
        };
        expect([action, (await browser.post(action, sent)).status]).toEqual([action, 403]);
      }
      expect(
        (await browser.post('progress', { formToken: foreign, documentHash: 'a'.repeat(64), sections: '1' })).status,
      ).toBe(403);
      expect(await state(partner)).toBe('viewed');
      expect(await count(partner, 'signing_intent')).toBe(0);
      expect((await browser.post('signature', fields, { 'sec-fetch-site': 'same-origin' })).status).toBe(303);
    });

    it('once, however often and however fast it is pressed', async () => {
      const partner = await invited(walk);
      const browser = browserOf(partner);
      await browser.open();
      const begin = browser.fields('session');
      const begun = await Promise.all([1, 2, 3].map(() => browser.post('session', begin)));
      const cookies = begun.map(({ headers }) => headers.getSetCookie().join());
      expect(new Set(cookies).size).toBe(1);
      expect(cookies[0]).toContain('signing_session=');
      expect(await count(partner, 'authenticated')).toBe(1);
      await browser.open('contract');
      await browser.open('signature');
      const fields = browser.fields('signature', { consent: 'yes', typedName: 'Ada' });
      const pressed = await Promise.all([1, 2, 3].map(() => browser.post('signature', fields)));
      const again = await browser.post('signature', fields);
      for (const { status, location } of [...pressed, again]) {
        expect([status, location]).toEqual([303, `/sign/${partner.link}/done`]);
      }
      expect(await count(partner, 'signing_intent')).toBe(1);
      expect(await count(partner, 'signed')).toBe(1);
    });

    it('with another name under the same key no second time', async () => {
      const partner = await invited(walk, { others: [newSigner()] });
      const browser = browserOf(partner);
      await browser.begin();
      await browser.open('signature');
      const fields = browser.fields('signature', { consent: 'yes', typedName: 'Ada' });
      await browser.post('signature', fields);
      const changed = await browser.post('signature', { ...fields, typedName: 'Eve' });
      expect(changed.status).toBe(422);
      expect((await desk.facts(partner.envelopeId, 'signing_intent')).map(({ typedName }) => typedName)).toEqual([
        'Ada',
      ]);
    });

    it('of a contract that was not shown, or of another consent, in no case', async () => {
      const partner = await invited(walk);
      const browser = browserOf(partner);
      await browser.open();
      await browser.submit('session');
      expect((await browser.open('signature')).location).toMatch(/\/contract$/);
      await browser.open('contract');
      await browser.open('signature');
      const fields = browser.fields('signature', { consent: 'yes', typedName: 'Ada' });
      const wrongs: SentFields[] = [
        { documentHash: 'a'.repeat(64) },
        { consentVersion: 'other' },
        { documentHash: '' },
      ];
      for (const wrong of wrongs) {
        const { status, text } = await browser.post('signature', { ...fields, ...wrong });
        expect([status, /is not the one that you read/.test(text)]).toEqual([412, true]);
      }
      expect(await state(partner)).toBe('viewed');
      expect((await browser.post('signature', fields)).status).toBe(303);
    });

    it('with its faults back, with what was given, and nothing written', async () => {
      const partner = await invited(walk);
      const browser = browserOf(partner);
      await browser.begin();
      await browser.open('signature');
      const empty = await browser.submit('signature', { typedName: '   ' });
      expect(empty.status).toBe(422);
      expect(empty.text).toMatch(/<title>Error: Sign the contract/);
      expect(empty.text).toMatch(
        /<a href="#consent">Tick the box if you agree<\/a>.*<a href="#typedName">Type your name<\/a>/s,
      );
      const drawn = await browser.submit('signature', { consent: 'yes', typedName: 'A "B" <C>', mark: 'url(#x)' });
      expect([drawn.status, /The drawing could not be read/.test(drawn.text)]).toEqual([422, true]);
      expect(drawn.text).toContain('value="A &quot;B&quot; &lt;C&gt;"');
      expect(drawn.text).toMatch(/id="consent"[^>]* checked/);
      expect(await count(partner, 'signing_intent')).toBe(0);
      await browser.open('decline');
      expect((await browser.submit('decline', { reason: 'The rate is too low' })).text).toContain(
        'Tick the box to confirm',
      );
      await browser.open('delegation');
      const own = { name: 'Me again', email: partner.email, confirm: 'yes' };
      const delegated = await browser.submit('delegation', { ...own, email: 'nobody' });
      expect([delegated.status, /such as sri@example.org/.test(delegated.text)]).toEqual([422, true]);
      const known = await browser.submit('delegation', own);
      expect([known.status, /signs already/.test(known.text)]).toEqual([422, true]);
      expect(await state(partner)).toBe('viewed');
    });
  });
});
