import { ContractingWalk, type ProgramChanges } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { invited, PlainBrowser, type Invited } from '../support/signer-visit.js';
import { SigningDesk } from '../support/signing.js';

type Authentication = NonNullable<NonNullable<ProgramChanges['signature']>['authentication']>;

const standard: Authentication = {
  method: 'email_otp',
  maxAttempts: 3,
  codeLifetime: 'PT10M',
  maxCodes: 2,
  sessionLifetime: 'PT30M',
};

describe('the pages of a signer who has to prove who it is', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close());

  interface Case extends Invited {
    desk: SigningDesk;
    browser: PlainBrowser;
  }

  async function sent(changes: Partial<Authentication> = {}): Promise<Case> {
    const walk = await ContractingWalk.open(product, { signature: { authentication: { ...standard, ...changes } } });
    const partner = await invited(walk);
    return { ...partner, desk: new SigningDesk(walk), browser: new PlainBrowser(product.url, partner.link) };
  }

  async function mailedCode({ email }: Case, count = 1): Promise<string> {
    const mails = await product.until(`${count} codes`, async () => {
      const found = await product.mails(email, 'code');
      return found.length >= count && found;
    });
    return /\b(\d{6})\b/.exec(mails.at(-1)!.text)![1]!;
  }

  const otherThan = (right: string): string => (right === '000000' ? '000001' : '000000');

  it('send a code for the asking, once for a press, and open with it', async () => {
    const it = await sent();
    const { browser, desk, envelopeId } = it;
    const landing = await browser.open();
    expect(landing.text.replace(/[\u2068\u2069]/g, '')).toMatch(
      /We send a code of six digits to a\*\*\*@partner\.example/,
    );
    expect((await browser.open('contract')).location).toBe(`/sign/${it.link}`);
    await browser.open();
    const asking = browser.fields('code');
    const pressed = await Promise.all([1, 2].map(() => browser.post('code', asking)));
    for (const { status, location } of pressed) expect([status, location]).toEqual([303, `/sign/${it.link}/code`]);
    expect(await desk.facts(envelopeId, 'challenge_sent')).toHaveLength(1);
    await browser.open('code');
    const right = await mailedCode(it);
    const entered = await browser.submit('session', { code: ` ${right.slice(0, 3)} ${right.slice(3)} ` });
    expect([entered.status, entered.location]).toEqual([303, `/sign/${it.link}/contract`]);
    expect((await browser.open('contract')).status).toBe(200);
    expect((await browser.sign(it.name)).status).toBe(303);
    expect(await desk.facts(envelopeId, 'authenticated')).toMatchObject([{ method: 'email_otp' }]);
    expect(product.log.text).not.toContain(right);
  });

  it('count wrong codes, then lock, until the company unlocks', async () => {
    const it = await sent();
    const { browser, desk, envelopeId } = it;
    await browser.open();
    await browser.submit('code');
    const wrong = otherThan(await mailedCode(it));
    await browser.open('code');
    const missing = await browser.submit('session', { code: ' ' });
    expect([missing.status, /Enter the code<\/a>/.test(missing.text)]).toEqual([422, true]);
    for (const left of [2, 1]) {
      const answer = await browser.submit('session', { code: wrong });
      expect([answer.status, answer.text.includes(`Attempts left: ${left}`)]).toEqual([422, true]);
      expect(answer.text).toMatch(/aria-describedby="code-help code-fault" aria-invalid="true"/);
    }
    const locked = await browser.submit('session', { code: wrong });
    expect([locked.status, locked.text.includes('Locked for your safety')]).toEqual([423, true]);
    for (const path of ['', 'code']) expect((await browser.open(path)).status).toBe(423);
    const recipient = await desk.recipient(envelopeId, it.name);
    await desk.change(envelopeId, 'unlock', { recipientId: recipient.id, reason: 'It called us' });
    expect((await browser.open()).status).toBe(200);
  });

  it('count a wrong code once that was pressed twice', async () => {
    const it = await sent();
    const { browser, desk, envelopeId } = it;
    await browser.open();
    await browser.submit('code');
    const right = await mailedCode(it);
    await browser.open('code');
    const fields = browser.fields('session', { code: right });
    const pressed = await Promise.all([1, 2, 3].map(() => browser.post('session', fields)));
    for (const { location } of pressed) expect(location).toBe(`/sign/${it.link}/contract`);
    expect(await desk.facts(envelopeId, 'authentication_failed')).toEqual([]);
  });

  it('send no more codes than there may be, and say so', async () => {
    const { browser } = await sent({ maxCodes: 1 });
    await browser.open();
    await browser.submit('code');
    await browser.open('code');
    const answer = await browser.submit('code');
    expect([answer.status, answer.text.includes('No further code can be sent')]).toEqual([429, true]);
    expect(answer.text).toContain('name="code"');
  });

  it('take the access code that the company set, and say when there is none yet', async () => {
    const it = await sent({ method: 'access_code' });
    const { browser, desk, envelopeId, name } = it;
    const landing = await browser.open();
    expect(landing.text).toContain('Enter the access code that');
    const early = await browser.submit('session', { code: 'opensesame' });
    expect([early.status, early.text.includes('has not set your access code yet')]).toEqual([409, true]);
    const recipient = await desk.recipient(envelopeId, name);
    await desk.change(envelopeId, 'access-code', { recipientId: recipient.id, code: 'opensesame' });
    await browser.open();
    expect((await browser.submit('session', { code: 'Opensesame' })).status).toBe(422);
    expect((await browser.submit('session', { code: 'opensesame' })).location).toMatch(/\/contract$/);
  });

  it('ask again once the session is over, and have signed nothing', async () => {
    const it = await sent({ sessionLifetime: 'PT2S' });
    const { browser } = it;
    await browser.open();
    await browser.submit('code');
    await browser.open('code');
    await browser.submit('session', { code: await mailedCode(it) });
    await browser.open('contract');
    await browser.open('signature');
    const fields = browser.fields('signature', { consent: 'yes', typedName: 'Ada' });
    await product.until('the end of the session', async () =>
      (await browser.open('contract')).location?.endsWith('?ended'),
    );
    const late = await browser.post('signature', fields);
    expect(late.location).toBe(`/sign/${it.link}?ended`);
    expect((await browser.open('?ended')).text).toContain('You were away for a while');
    expect(await it.desk.facts(it.envelopeId, 'signing_intent')).toEqual([]);
  });
});
