/** A caught mail, as the file keeps it and the API shows it. */
export interface CaughtMail {
  id: string;
  /** Counts the mails in the order of their arrival, from 1; the API's cursor. */
  sequence: number;
  /** The Message-ID header; the same for a mail that was sent again. */
  messageId: string;
  from: string;
  /** The recipients of the envelope. */
  to: string[];
  subject: string;
  /** RFC 3339. */
  receivedAt: string;
  text: string;
  html: string;
  attachments: { fileName: string; contentType: string; sizeBytes: number }[];
}

export interface MailFilter {
  /** One recipient; upper and lower case are the same. */
  to?: string;
  /** A part of the subject; upper and lower case are the same. */
  subject?: string;
}

/**
 * The newest mails in memory, by arrival, by id and by recipient: a query for one recipient looks at that recipient's
 * mails alone. Mails beyond the bound leave from the oldest on.
 */
export class MailStore {
  private mails: CaughtMail[] = [];
  private readonly byId = new Map<string, CaughtMail>();
  private readonly byRecipient = new Map<string, CaughtMail[]>();
  private sequence = 0;

  constructor(private readonly maxMails: number) {}

  get size(): number {
    return this.mails.length;
  }

  nextSequence(): number {
    this.sequence += 1;
    return this.sequence;
  }

  add(mail: CaughtMail): void {
    this.sequence = Math.max(this.sequence, mail.sequence);
    insert(this.mails, mail);
    this.byId.set(mail.id, mail);
    for (const recipient of recipientsOf(mail)) {
      const list = this.byRecipient.get(recipient) ?? [];
      insert(list, mail);
      this.byRecipient.set(recipient, list);
    }
    if (this.mails.length > this.maxMails) this.dropOldest();
  }

  find(id: string): CaughtMail | undefined {
    return this.byId.get(id);
  }

  /** At most `limit` mails that arrived after `cursor`, the oldest of them first. */
  after(filter: MailFilter, cursor: number, limit: number): CaughtMail[] {
    const candidates = this.candidates(filter);
    const found: CaughtMail[] = [];
    for (let index = firstAfter(candidates, cursor); index < candidates.length && found.length < limit; index += 1) {
      const mail = candidates[index];
      if (mail && hasSubject(mail, filter)) found.push(mail);
    }
    return found;
  }

  /** At most `limit` mails that arrived before `cursor`, the newest of them first. */
  before(filter: MailFilter, cursor: number, limit: number): CaughtMail[] {
    const candidates = this.candidates(filter);
    const found: CaughtMail[] = [];
    for (let index = firstAfter(candidates, cursor - 1) - 1; index >= 0 && found.length < limit; index -= 1) {
      const mail = candidates[index];
      if (mail && hasSubject(mail, filter)) found.push(mail);
    }
    return found;
  }

  all(): readonly CaughtMail[] {
    return this.mails;
  }

  /** Forgets every mail; the count goes on, so that a cursor given out before stays good. */
  clear(): void {
    this.mails = [];
    this.byId.clear();
    this.byRecipient.clear();
  }

  private candidates(filter: MailFilter): readonly CaughtMail[] {
    return filter.to === undefined ? this.mails : (this.byRecipient.get(filter.to.trim().toLowerCase()) ?? []);
  }

  private dropOldest(): void {
    const oldest = this.mails.shift();
    if (!oldest) return;
    this.byId.delete(oldest.id);
    for (const recipient of recipientsOf(oldest)) {
      const list = this.byRecipient.get(recipient) ?? [];
      list.shift();
      if (list.length === 0) this.byRecipient.delete(recipient);
    }
  }
}

function recipientsOf(mail: CaughtMail): Set<string> {
  return new Set(mail.to.map((address) => address.toLowerCase()));
}

function hasSubject(mail: CaughtMail, filter: MailFilter): boolean {
  return filter.subject === undefined || mail.subject.toLowerCase().includes(filter.subject.toLowerCase());
}

/** Keeps the list in the order of arrival; a mail nearly always belongs at the end. */
function insert(list: CaughtMail[], mail: CaughtMail): void {
  if ((list.at(-1)?.sequence ?? 0) < mail.sequence) list.push(mail);
  else list.splice(firstAfter(list, mail.sequence), 0, mail);
}

/** Where the first mail after `cursor` stands, by bisection. */
function firstAfter(mails: readonly CaughtMail[], cursor: number): number {
  let [low, high] = [0, mails.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mails[middle]?.sequence ?? 0) <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
}
