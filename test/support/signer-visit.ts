import type { Approved, ContractingWalk } from './contracting.js';
import { SigningDesk, type Signer } from './signing.js';

/** A partner with a signing link that nobody has opened yet. */
export interface Invited extends Approved {
  link: string;
  envelopeId: string;
}

/** Approved, accepted, and written to: the link is in the mail. */
export async function invited(
  walk: ContractingWalk,
  { language = 'en', others = [] }: { language?: string; others?: readonly Signer[] } = {},
): Promise<Invited> {
  const desk = new SigningDesk(walk);
  const partner = await walk.approved({ applicant: { language } });
  for (const other of others) {
    const answer = await desk.name(partner, other);
    if (answer.status !== 201) throw new Error(`the signer was answered with ${answer.status}: ${answer.text}`);
  }
  const answer = await walk.accept(partner.negotiationId, partner.termsHash, partner.token);
  if (answer.status !== 200) throw new Error(`the acceptance was answered with ${answer.status}: ${answer.text}`);
  const link = await desk.link(partner.email);
  return { ...partner, link, envelopeId: await desk.envelopeOf(partner) };
}

/** What a form of a page sends unless a test says otherwise. */
export type SentFields = Record<string, string>;

export interface PageAnswer {
  status: number;
  headers: Headers;
  text: string;
  location: string | null;
}

/** A browser without scripts, over plain HTTP: it keeps cookies, and sends the forms of the pages that it was shown. */
export class PlainBrowser {
  readonly cookies = new Map<string, string>();
  private shown = '';

  constructor(
    private readonly url: string,
    readonly link: string,
  ) {}

  /** A page below the link. */
  async open(path = '', headers: Record<string, string> = {}): Promise<PageAnswer> {
    const answer = await this.send('GET', path, { headers });
    this.shown = answer.text;
    return answer;
  }

  /** The fields that the form of this address on the last page carries, with what is filled in. */
  fields(action: string, filled: SentFields = {}): SentFields {
    const form = new RegExp(`<form method="post" action="[^"]*/${action}"[^>]*>(.*?)</form>`, 's').exec(
      this.shown,
    )?.[1];
    if (form === undefined) throw new Error(`the page has no form ${action}`);
    const hidden = [...form.matchAll(/<input type="hidden" name="(\w+)"(?: value="([^"]*)")?/g)];
    return { ...Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value])), ...filled };
  }

  /** Sends the form of this address on the last page. */
  submit(action: string, filled: SentFields = {}, headers: Record<string, string> = {}): Promise<PageAnswer> {
    return this.post(action, this.fields(action, filled), headers);
  }

  async post(action: string, fields: SentFields, headers: Record<string, string> = {}): Promise<PageAnswer> {
    const answer = await this.send('POST', action, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });
    if (answer.text !== '') this.shown = answer.text;
    return answer;
  }

  /** Opens the link and presses the button, to where the contract is shown. */
  async begin(): Promise<PageAnswer> {
    await this.open();
    await this.submit('session');
    return this.open('contract');
  }

  /** Reads, consents, types a name and presses the button. */
  async sign(typedName = 'Ada Lovelace'): Promise<PageAnswer> {
    await this.open('signature');
    return this.submit('signature', { consent: 'yes', typedName });
  }

  private async send(method: string, path: string, init: RequestInit): Promise<PageAnswer> {
    const address = `${this.url}/sign/${this.link}${path === '' || path.startsWith('?') ? path : `/${path}`}`;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie !== '' && { cookie }), ...(init.headers as Record<string, string>) };
    const response = await fetch(address, { ...init, method, headers, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.cookies.set(name, value);
    }
    const { status } = response;
    return {
      status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get('location'),
    };
  }
}
