import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Debian's names for the browser, and others' for the same. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Where the browser of this machine is. Throws where there is none: what it would prove stays unproved. */
function browserPath(): string {
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const found = folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`the tests of pages need one of ${names.join(', ')}`);
  return found;
}

/** The browser in which pages are tested, without a window. */
export function startBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: browserPath(), args: isRoot ? ['--no-sandbox'] : [] });
}

export const phone: BrowserContextOptions = {
  viewport: { width: 375, height: 667 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };

/** Runs work in a browser of its own, without cookies; what its console complains of is a failure. */
export async function inBrowser<Result>(
  browser: Browser,
  options: BrowserContextOptions,
  work: (page: Page) => Promise<Result>,
): Promise<Result> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Asia/Jakarta', ...options });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself tells of answers that are no success: tests look at those on their own.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        complaints.push(message.text());
    });
    const result = await work(page);
    if (complaints.length > 0) throw new Error(`the browser complains: ${complaints.join('; ')}`);
    return result;
  } finally {
    await context.close();
  }
}
