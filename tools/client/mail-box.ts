import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, type HttpClientOptions } from './http-client.js';

interface MailPage {
  mails: { text: string; subject: string }[];
}

/** The mails that the embedded catcher keeps: what a partner would find in its own mail box. */
export class MailBox {
  private readonly http: HttpClient;
  private readonly patienceMs: number;
  private readonly signal: AbortSignal | undefined;

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
    const path = `/api/mails?${new URLSearchParams({ to: address, subject: 'sign' }).toString()}`;
    const end = Date.now() + this.patienceMs;
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      const { mails } = await this.http.json<MailPage>({ method: 'GET', path });
      const token = mails.map(({ text }) => tokenIn(text)).findLast((found) => found !== undefined && found !== not);
      if (token !== undefined) return token;
      if (Date.now() > end) throw new Error(`No mail with a link to sign came within ${this.patienceMs / 1000} s.`);
      await sleep(pauseMs, undefined, this.signal && { signal: this.signal });
    }
  }
}

/** A signing token wherever its link leads: our own page, or the API. */
function tokenIn(text: string): string | undefined {
  return /(signing\.rcp_[0-9a-f]{32}-\d+\.[\w-]+)/.exec(text)?.[1];
}
