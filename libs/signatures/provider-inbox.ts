import { Injectable } from '@nestjs/common';
import { DocumentStore } from '../documents/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { sha256 } from '../kernel/sha256.js';
import { systemActor } from '../orchestration/actor.js';
import { reported, signature, viewed } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import { envelopeStates, isOpen, markBytes, maskedAddress, recipientStates, type SigningMark } from './domain/index.js';
import { EnvelopeLog, type NewFact } from './envelope-log.js';
import { lockEnvelope, recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';

/** How many facts of one kind one actor adds to an envelope. */
const mostFacts = 100;

/** Where an act came from, as far as its request tells. */
export interface Origin {
  ipAddress: string;
  userAgent: string;
  /** IANA, as the signer's client says. */
  timeZone?: string | undefined;
  /** BCP 47, as the signer's client says. */
  locale?: string | undefined;
  /** The session in which the signer proved who it is. */
  sessionId?: string | undefined;
}

/** What a signer says with its act. */
export interface SigningIntent extends Origin {
  typedName: string;
  documentHash: string;
  consentVersion: string;
  mark?: SigningMark | undefined;
}

/** What a provider tells of an envelope. `eventId` is the provider's own: the same one counts once. */
export interface ProviderReport {
  provider: string;
  eventId: string;
  envelopeId: string;
  event:
    | { kind: 'viewed'; recipientId: string; ipAddress?: string; userAgent?: string }
    | { kind: 'delivered'; recipientId: string }
    | { kind: 'bounced'; recipientId: string }
    | ({ kind: 'signed'; recipientId: string } & SigningIntent)
    | { kind: 'declined'; recipientId: string; reason: string }
    | { kind: 'document'; mediaType: string; sha256: string };
}

/**
 * The one way by which acts and documents come back from a provider, the built-in one included. Facts are written to the
 * rows first; the workflow is then told to look.
 */
@Injectable()
export class ProviderInbox {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly documents: DocumentStore,
    private readonly envelopes: EnvelopesService,
  ) {}

  /** Those of these recipients who wait were asked for their act. `along` does its work in the same transaction. */
  async asked(
    envelopeId: string,
    recipientIds: readonly string[],
    channel: string,
    along: (tx: Transaction, row: EnvelopeRow, recipient: RecipientRow) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      if (envelopeStates.isTerminal(row.state)) return;
      for (const recipientId of recipientIds) {
        const recipient = recipientOf(row, recipientId);
        if (recipient.state !== 'waiting') continue;
        const at = this.clock.now();
        const state = recipientStates.next(recipient.state, 'ask');
        await this.envelopes.updateRecipient(tx, recipientId, { state, asked_at: at, last_reminded_at: null });
        const { link_hash: linkHash, link_generation: generation, role, email } = recipient;
        const target = email === null ? role : maskedAddress(email);
        const data = { recipientId, party: recipient.party, channel, target, linkHash, generation };
        const fact = { ...systemActor, programId: row.program_id, envelopeId, type: 'asked', data, at };
        await this.log.append(tx, fact);
        const event = { type: 'envelope.recipient_asked' as const, subjectId: envelopeId, data: { recipientId } };
        await this.outbox.announce(tx, row.program_id, event);
        await along(tx, row, { ...recipient, state });
      }
    });
  }

  /** Reminder `number` went to a recipient; one that was told of before counts once. `along` as with `asked`. */
  async reminded(
    envelopeId: string,
    { recipientId, number }: { recipientId: string; number: number },
    along: (tx: Transaction, row: EnvelopeRow, recipient: RecipientRow) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      const recipient = recipientOf(row, recipientId);
      if (row.awaiting !== recipient.party || !isOpen(recipient) || recipient.reminders_sent >= number) return;
      const at = this.clock.now();
      await this.envelopes.updateRecipient(tx, recipientId, { reminders_sent: number, last_reminded_at: at });
      await this.envelopes.update(tx, row.id, { reminders_sent: row.reminders_sent + 1 });
      const data = { recipientId, number };
      await this.log.append(tx, { ...systemActor, programId: row.program_id, envelopeId, type: 'reminded', data, at });
      await along(tx, row, recipient);
    });
  }

  /** A signer looked at the contract. The first look of all moves the envelope; every one leaves evidence. */
  async viewed(envelopeId: string, recipientId: string, origin: Origin, requestId?: string): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      const recipient = recipientOf(row, recipientId);
      if (!envelopeStates.allows(row.state, 'view') || !recipientStates.allows(recipient.state, 'view')) return;
      const data = { recipientId, documentHash: row.document_sha256, ...plain(origin) };
      const actorId = recipientId;
      if (await this.isEnough(tx, envelopeId, 'viewed', recipientId)) return;
      const isFirst = recipient.viewed_at === null;
      const at = this.clock.now();
      const state = recipientStates.next(recipient.state, 'view');
      if (isFirst) await this.envelopes.updateRecipient(tx, recipientId, { state, viewed_at: at });
      if (row.state !== 'viewed') {
        await this.envelopes.move(tx, row, { actorId, requestId, action: 'view', facts: data }, at);
      } else {
        await this.log.append(tx, { programId: row.program_id, envelopeId, type: 'viewed', actorId, data, at });
      }
      if (isFirst) await this.signal(tx, row, viewed.name);
    });
  }

  /** Something that a signer did without moving anything: a fact of it. */
  async noted(envelopeId: string, recipientId: string, type: string, data: Record<string, unknown>): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      recipientOf(row, recipientId);
      if (await this.isEnough(tx, envelopeId, type, recipientId)) return;
      const fact = {
        programId: row.program_id,
        envelopeId,
        type,
        actorId: recipientId,
        data: { recipientId, ...data },
      };
      await this.log.append(tx, fact);
    });
  }

  /** As `noted`, once for each session: a page that is loaded again says nothing new. */
  async notedOnce(
    envelopeId: string,
    recipientId: string,
    type: string,
    { sessionId, ...data }: { sessionId: string; [field: string]: unknown },
  ): Promise<void> {
    const { manager } = this.database.dataSource;
    // Two loads at once may both write it: that is no harm.
    if (await this.log.holds(manager, envelopeId, type, { recipientId, sessionId, ...data })) return;
    await this.noted(envelopeId, recipientId, type, { ...data, sessionId });
  }

  /**
   * Writes down what a signer is about to do, with a drawn mark's bytes in the document store. The number of the fact goes into the
   * update as its evidence.
   * @throws DomainError `illegal-transition` where nothing can be signed, `malformed-request` for a mark that cannot be read,
   *   `rate-limited` after too many
   */
  async intent(envelopeId: string, recipientId: string, intent: SigningIntent): Promise<string> {
    const { mark = { kind: 'typed' }, ...said } = intent;
    const drawn = markBytes(mark);
    const { program_id: programId } = await this.envelopes.get(envelopeId);
    const markHash = drawn && (await this.documents.put(programId, { kind: 'attachment', ...drawn }));
    return this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      envelopeStates.next(row.state, 'sign');
      recipientOf(row, recipientId);
      const data = { recipientId, ...plain(said), mark: mark.kind, ...(markHash !== undefined && { markHash }) };
      return this.noteOne(tx, { programId, envelopeId, type: 'signing_intent', actorId: recipientId, data });
    });
  }

  /** Any other intent that an update's evidence names. */
  async note(envelopeId: string, actorId: string, type: string, data: Record<string, unknown>): Promise<string> {
    return this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      return this.noteOne(tx, { programId: row.program_id, envelopeId, type, actorId, data: plain(data) });
    });
  }

  /**
   * Notes an intent. One that was noted last in the very same words is that one still: whoever tries again while nobody
   * answers uses up none of its tries.
   */
  private async noteOne(tx: Transaction, fact: NewFact): Promise<string> {
    const last = await this.log.last(tx, fact);
    if (last && canonicalJson(last.data) === canonicalJson(fact.data)) return String(last.number);
    await this.refuseEnough(tx, fact.envelopeId, fact.type, fact.actorId);
    return String(await this.log.append(tx, fact));
  }

  /**
   * Takes in what an outside provider reports, once for each event of it, and has the workflow carry it out. A document's bytes are kept
   * by their hash.
   * @throws DomainError `not-found` (envelope or recipient), `forbidden` (another provider's envelope), `hash-mismatch`
   */
  async report({ provider, eventId, envelopeId, event }: ProviderReport, document?: Uint8Array): Promise<void> {
    const row = await this.envelopes.get(envelopeId);
    if (row.provider !== provider) throw new DomainError('forbidden', `envelope ${envelopeId} is not with ${provider}`);
    if ('recipientId' in event) recipientOf(row, event.recipientId);
    if (event.kind === 'document') {
      if (!document || sha256(document) !== event.sha256)
        throw new DomainError('hash-mismatch', 'the document is another one');
      await this.documents.put(row.program_id, { kind: 'attachment', mediaType: event.mediaType, bytes: document });
    }
    await this.database.inTransaction(async (tx) => {
      const made = await rowOf(
        tx,
        `insert into signature_reports (id, program_id, envelope_id, provider, event_id, kind, payload, received_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (provider, event_id) do nothing returning id`,
        [
          newId('rpt'),
          row.program_id,
          envelopeId,
          provider,
          eventId,
          event.kind,
          JSON.stringify(event),
          this.clock.now(),
        ],
      );
      if (made) await this.signal(tx, row, reported.name);
    });
  }

  /** The reports that were not carried out, oldest first. */
  openReports(envelopeId: string): Promise<{ id: string; payload: ProviderReport['event'] }[]> {
    const sql = `select id, payload from signature_reports where envelope_id = $1 and applied_at is null order by id`;
    return rowsOf(this.database.dataSource.manager, sql, [envelopeId]);
  }

  /** A report is done with: carried out, or refused with this code. */
  async close(reportId: string, refused: string | null): Promise<void> {
    const sql = `update signature_reports set applied_at = $2, refused = $3 where id = $1 and applied_at is null`;
    await this.database.query(sql, [reportId, this.clock.now(), refused]);
  }

  /** A log that anyone could make as long as they like would be no evidence that can be read, or certified. */
  private async isEnough(tx: Transaction, envelopeId: string, type: string, actorId: string): Promise<boolean> {
    return (await this.log.count(tx, { envelopeId, type, actorId })) >= mostFacts;
  }

  private async refuseEnough(tx: Transaction, envelopeId: string, type: string, actorId: string): Promise<void> {
    if (await this.isEnough(tx, envelopeId, type, actorId)) {
      throw new DomainError('rate-limited', 'this was tried too often on this envelope');
    }
  }

  private signal(tx: Transaction, row: EnvelopeRow, name: string): Promise<void> {
    const workflowId = signature.workflowId(row.negotiation_id);
    return this.outbox.signalWorkflow(tx, row.program_id, { workflowId, signal: name });
  }
}

/** Without what is undefined: a fact has JSON values alone. */
function plain(data: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}
