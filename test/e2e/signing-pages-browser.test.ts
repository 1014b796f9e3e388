import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Language } from '../../libs/kernel/language.js';
import { consentIn } from '../../libs/programs/domain/index.js';
import { desktop, inBrowser, phone, startBrowser } from '../support/browser.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { invited, type Invited } from '../support/signer-visit.js';
import { SigningDesk } from '../support/signing.js';

const patience = 120_000;

/** What looks at a page from within: functions of our own, and the rules of WCAG 2.2 as far as a program can judge them. */
const pageFaults = readFileSync(new URL('../support/page/faults.js', import.meta.url), 'utf8');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('the pages of a signer in a browser', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let browser: Browser;
  beforeAll(async () => {
    [product, browser] = await Promise.all([TestProduct.start(), startBrowser()]);
    walk = await ContractingWalk.open(product, { contract: { languages: ['en', 'id', 'ar'] } });
  }, patience);
  afterAll(async () => {
    await browser?.close();
    await product?.close();
  });

  const addressOf = ({ link }: Invited): string => `${product.url}/sign/${link}`;
  const facts = (partner: Invited, type: string) => new SigningDesk(walk).facts(partner.envelopeId, type);

  /** Where a folder is named, what is on the screen is left there as a picture, to be looked at. */
  async function looked(page: Page, name: string): Promise<void> {
    expect([name, await page.evaluate(`${pageFaults}; outlineFaults()`)]).toEqual([name, []]);
    expect([name, await page.evaluate(`${pageFaults}; layoutFaults()`)]).toEqual([name, []]);
    const violations = await page.evaluate(
      `${axe}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
    );
    expect([name, violations]).toEqual([name, []]);
    const folder = process.env['PAGE_PICTURES'];
    if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
  }

  /** Tab by tab, until what is in focus has this selector. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let pressed = 0; pressed < 80; pressed += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
    }
    throw new Error(`no tab leads to ${selector}`);
  }

  it(
    'lead to a signature by the keyboard alone, with the focus on what went wrong',
    async () => {
      const partner = await invited(walk);
      await inBrowser(browser, desktop, async (page) => {
        await page.goto(addressOf(partner));
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.className')).toBe('skip');
        await page.keyboard.press('Enter');
        expect(await page.evaluate('document.activeElement.id')).toBe('content');
        await tabTo(page, 'form button');
        await Promise.all([page.waitForURL(/\/contract$/), page.keyboard.press('Enter')]);
        await tabTo(page, 'a.main');
        await Promise.all([page.waitForURL(/\/signature$/), page.keyboard.press('Enter')]);
        await tabTo(page, 'button[type=submit]');
        await Promise.all([
          page.waitForResponse((response) => response.status() === 422),
          page.keyboard.press('Enter'),
        ]);
        await page.waitForSelector('.faults:focus');
        expect(await page.title()).toMatch(/^Error: /);
        await tabTo(page, '.faults a');
        await page.keyboard.press('Enter');
        expect(await page.evaluate('document.activeElement.id')).toBe('consent');
        const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
        expect(outline).not.toBe('none');
        await page.keyboard.press('Space');
        await tabTo(page, '#typedName');
        await page.keyboard.type('Ada Lovelace');
        await Promise.all([page.waitForURL(/\/done/), page.keyboard.press('Enter')]);
        expect(await page.textContent('h1')).toContain('signed');
      });
      const [intent] = await facts(partner, 'signing_intent');
      expect(intent).toMatchObject({ typedName: 'Ada Lovelace' });
      expect(JSON.stringify(intent)).toContain('Asia/Jakarta');
    },
    patience,
  );

  it(
    'say each field, its help and its fault to those who listen',
    async () => {
      const partner = await invited(walk);
      await inBrowser(browser, phone, async (page) => {
        await page.goto(addressOf(partner));
        await page.click('form button');
        await page.goto(`${addressOf(partner)}/signature`);
        await page.click('button[type=submit]');
        await page.waitForSelector('.faults');
        const name = page.getByRole('textbox', { name: 'name' });
        const described = await name.getAttribute('aria-describedby');
        expect(described).toBe('typedName-help typedName-fault');
        expect(await page.getByRole('checkbox').getAttribute('aria-describedby')).toBe('consent-fault');
        expect(await page.getByRole('main').count()).toBe(1);
        expect(await page.locator('.faults[role=group][aria-labelledby=faults]').count()).toBe(1);
        await page.click('[data-clear]');
        expect(await page.getByRole('status').last().textContent()).not.toBe('');
      });
    },
    patience,
  );

  it(
    'take a drawn mark, by finger or mouse, and keep it with the name',
    async () => {
      const partner = await invited(walk);
      await inBrowser(browser, desktop, async (page) => {
        await page.goto(addressOf(partner));
        await page.click('form button');
        await page.goto(`${addressOf(partner)}/signature`);
        const box = (await page.locator('[data-mark] svg').boundingBox())!;
        await page.locator('[data-mark] svg').scrollIntoViewIfNeeded();
        const { x, y } = (await page.locator('[data-mark] svg').boundingBox()) ?? box;
        await page.mouse.move(x + 20, y + 20);
        await page.mouse.down();
        await page.mouse.move(x + 90, y + 60, { steps: 5 });
        await page.mouse.up();
        expect(await page.inputValue('input[name=mark]')).toMatch(/^M\d+ \d+l0 0(L\d+ \d+)+$/);
        await page.check('#consent');
        await page.fill('#typedName', 'Ada Lovelace');
        await Promise.all([page.waitForURL(/\/done/), page.click('button[type=submit]')]);
      });
      expect(JSON.stringify(await facts(partner, 'signing_intent'))).toContain('drawn');
    },
    patience,
  );

  it(
    'work without scripts, and hand the link to nobody',
    async () => {
      const partner = await invited(walk);
      await inBrowser(browser, { ...phone, javaScriptEnabled: false }, async (page) => {
        const referers: string[] = [];
        page.on('request', (request) => {
          const { referer } = request.headers();
          if (referer !== undefined) referers.push(referer);
          expect(new URL(request.url()).origin).toBe(new URL(product.url).origin);
        });
        await page.goto(addressOf(partner));
        await page.click('form button');
        await page.click('a.main');
        expect(await page.isVisible('[data-mark]')).toBe(false);
        await page.check('#consent');
        await page.fill('#typedName', 'Ada Lovelace');
        await page.click('button[type=submit]');
        expect(page.url()).toMatch(/\/done$/);
        expect(referers.filter((referer) => referer.includes(partner.link))).toEqual([]);
      });
      expect(await facts(partner, 'signing_intent')).toHaveLength(1);
    },
    patience,
  );

  const screens: [string, BrowserContextOptions][] = [
    ['phone', phone],
    ['desktop', desktop],
  ];
  const directions: [Language, string][] = [
    ['en', 'ltr'],
    ['id', 'ltr'],
    ['ar', 'rtl'],
  ];
  for (const [language, direction] of directions) {
    it(
      `fit phone and desk and keep their outline, in ${language}`,
      async () => {
        for (const [screen, options] of screens) {
          const partner = await invited(walk, { language });
          await inBrowser(browser, options, async (page) => {
            const at = (name: string) => looked(page, `${language}-${screen}-${name}`);
            await page.goto(addressOf(partner));
            expect(await page.getAttribute('html', 'dir')).toBe(direction);
            expect(await page.getAttribute('html', 'lang')).toBe(language);
            await at('landing');
            await page.click('form button');
            await at('contract');
            await page.goto(`${addressOf(partner)}/decline`);
            await page.click('button[type=submit]');
            await page.waitForSelector('.faults');
            await at('decline');
            await page.goto(`${addressOf(partner)}/delegation`);
            await at('delegation');
            await page.goto(`${addressOf(partner)}/signature`);
            const { text } = consentIn(walk.document.signature.consent, language);
            expect(await page.textContent('.consent p')).toBe(text);
            await at('signature');
            await page.check('#consent');
            await page.fill('#typedName', language === 'ar' ? 'سارة الهاشمي' : 'Ada Lovelace');
            await Promise.all([page.waitForURL(/\/done/), page.click('button[type=submit]')]);
            await at('done');
          });
        }
      },
      patience,
    );
  }
});
