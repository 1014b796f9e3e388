import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, type HttpClientOptions } from './http-client.js';

interface CaughtMail {
  to: string[];
  text: string;
}

interface MailPage {
  mails: CaughtMail[];
  nextCursor: number;
}

const firstPauseMs = 50;
const longestPauseMs = 300;
const pageLimit = 500;

/** The mails that the embedded catcher keeps: what a partner would find in its own mail box. */
export class MailBox {
  private readonly http: HttpClient;
  private readonly patienceMs: number;
  private readonly signal: AbortSignal | undefined;
  /** Tokens of verification links, by application: read from the mails of everybody, each page once. */
  private readonly verifications = new Map<string, string>();
  private cursor = 0;
  private reading: Promise<void> | undefined;

  constructor(catcherUrl: string, options: HttpClientOptions = {}) {
    this.http = new HttpClient(catcherUrl, options);
    this.patienceMs = options.patienceMs ?? 60_000;
    this.signal = options.signal;
  }

  /**
   * The token of the signing link in the newest mail to an address; waits for that mail, and for one with another link
   * than `not` where that is given.
   *
   * @throws an error where no such mail came in time
   */
  async signingToken(address: string, not?: string): Promise<string> {
    const path = `/api/mails?${new URLSearchParams({ to: address, limit: String(pageLimit) }).toString()}`;
    return this.waitFor('a link to sign', async () => {
      const { mails } = await this.http.json<MailPage>({ method: 'GET', path });
      return mails.map(({ text }) => signingTokenIn(text)).findLast((found) => found !== undefined && found !== not);
    });
  }

  /**
   * The token of the link that proves the mail address of an application; waits for its mail. However many wait at a
   * time, new mails are read once for all of them.
   *
   * @throws an error where no such mail came in time
   */
  async verificationToken(applicationId: string): Promise<string> {
    return this.waitFor('a link to confirm the address', async () => {
      if (!this.verifications.has(applicationId)) await this.readNew();
      const token = this.verifications.get(applicationId);
      this.verifications.delete(applicationId);
      return token;
    });
  }

  private readNew(): Promise<void> {
    this.reading ??= this.readPages().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readPages(): Promise<void> {
    for (;;) {
      const query = new URLSearchParams({ after: String(this.cursor), limit: String(pageLimit) });
      const page = await this.http.json<MailPage>({ method: 'GET', path: `/api/mails?${query.toString()}` });
      for (const { text } of page.mails) {
        const [token, applicationId] = /verification\.(app_[0-9a-f]{32})\.[\w-]+/.exec(text) ?? [];
        if (token !== undefined && applicationId !== undefined) this.verifications.set(applicationId, token);
      }
      this.cursor = page.nextCursor;
      if (page.mails.length < pageLimit) return;
    }
  }

  private async waitFor(what: string, look: () => Promise<string | undefined>): Promise<string> {
    const end = Date.now() + this.patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`No mail with ${what} came within ${this.patienceMs / 1000} s.`);
      await sleep(pauseMs, undefined, this.signal && { signal: this.signal });
    }
  }
}

/** A signing token wherever its link leads: our own page, or the API. */
function signingTokenIn(text: string): string | undefined {
  return /(signing\.rcp_[0-9a-f]{32}-\d+\.[\w-]+)/.exec(text)?.[1];
}
