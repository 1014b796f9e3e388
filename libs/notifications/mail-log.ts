import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Language } from '../kernel/language.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import { isTroubled, mailStates, type MailAction, type MailState } from './domain/index.js';
import { MailOutcomes } from './mail-outcomes.js';

export interface MailRow {
  id: string;
  program_id: string;
  template: string;
  subject_id: string;
  person_id: string | null;
  role: string | null;
  details: Record<string, string | number>;
  state: MailState;
  address_hash: string | null;
  created_at: Date;
}

/** What a move writes beside the state; what is absent stays as it was. */
export interface MailMove {
  action: MailAction;
  code?: string;
  language?: Language;
  addressHash?: string;
  messageId?: string;
}

const columns = 'id, program_id, template, subject_id, person_id, role, details, state, address_hash, created_at';

/** What became of each mail. Addresses stand here only as keyed hashes, texts not at all. */
@Injectable()
export class MailLog {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly outcomes: MailOutcomes,
  ) {}

  /** @throws DomainError `not-found` */
  async get(id: string): Promise<MailRow> {
    const [row] = await this.database.query<MailRow>(`select ${columns} from mails where id = $1`, [id]);
    if (!row) throw new DomainError('not-found', `no mail ${id}`);
    return row;
  }

  /** An address as the log keeps it: equal for equal addresses, and nothing to whoever has not the installation's secret. */
  hashOf(address: string): string {
    const key = Buffer.from(this.settings.env.LINK_SECRET, 'base64');
    return createHmac('sha256', key).update(`mail-address\n${address.trim().toLowerCase()}`).digest('hex');
  }

  /** Whether an earlier mail to this address came back for good or was complained about. */
  async isSuppressed(programId: string, addressHash: string): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 from mail_suppressions where program_id = $1 and address_hash = $2`,
      [programId, addressHash],
    );
    return rows.length > 0;
  }

  /** Writes down an attempt that failed and will be repeated. */
  async noteFailure(id: string, code: string): Promise<void> {
    await this.database.query(
      `update mails set attempts = attempts + 1, code = $2 where id = $1 and state = 'queued'`,
      [id, code],
    );
  }

  /** Moves a mail on; false where its state does not allow that (any more). */
  move(id: string, move: MailMove): Promise<boolean> {
    return this.database.inTransaction((tx) => this.moveIn(tx, id, move));
  }

  /** As `move`, in the transaction of something else. */
  async moveIn(tx: Transaction, id: string, move: MailMove): Promise<boolean> {
    const row = await rowOf<MailRow>(tx, `select ${columns} from mails where id = $1 for update`, [id]);
    if (!row || !mailStates.allows(row.state, move.action)) return false;
    const state = mailStates.next(row.state, move.action);
    const { action, code = null, language = null, addressHash = row.address_hash, messageId = null } = move;
    const at = this.clock.now();
    const isAttempt = action === 'send' || action === 'fail';
    await tx.query(
      `update mails set state = $2, state_since = $3, code = $4, language = coalesce($5, language), address_hash = $6,
         message_id = coalesce($7, message_id), attempts = attempts + $8, sent_at = case when $2 = 'sent' then $3 else sent_at end
       where id = $1`,
      [id, state, at, code, language, addressHash, messageId, isAttempt ? 1 : 0],
    );
    if (state === 'bounced' || state === 'complained') await this.suppress(tx, row, state, at);
    const { program_id: programId, template, subject_id: subjectId, person_id: personId } = row;
    // That a program names no address of a role is its choice and no trouble.
    if (isTroubled(state) && !(code === 'no-address' && row.role !== null)) {
      const data = { template, about: subjectId, code };
      await this.outbox.announce(tx, programId, { type: `mail.${state}`, subjectId: id, data });
    }
    await this.outcomes.tell(tx, { mailId: id, programId, template, subjectId, personId, state, code, at });
    return true;
  }

  /**
   * Sends a mail again, as a new one: to the address that its person has by now, with the facts of now. It is also the
   * caller's word that the address is right, so that an earlier bounce no longer holds mails back.
   *
   * @throws DomainError `illegal-transition` while the mail still waits to be sent
   */
  resend(id: string, actor: Actor): Promise<{ id: string }> {
    return this.database.inTransaction(async (tx) => {
      const row = await rowOf<MailRow>(tx, `select ${columns} from mails where id = $1 for update`, [id]);
      if (!row) throw new DomainError('not-found', `no mail ${id}`);
      if (row.state === 'queued') throw new DomainError('illegal-transition', 'mail: it is on its way already');
      const { program_id: programId, template, subject_id: subjectId, details } = row;
      const to = row.person_id === null ? { role: row.role ?? '' } : { personId: row.person_id };
      await tx.query(`delete from mail_suppressions where program_id = $1 and address_hash = $2`, [
        programId,
        row.address_hash,
      ]);
      const resent = await this.outbox.mail(tx, programId, { template, subjectId, to, details, resendOf: id });
      const fact = { ...actor, programId, action: 'mail.resend', subjectId: id };
      await this.audit.record(tx, { ...fact, details: { resentAs: resent, template, about: subjectId } });
      return { id: resent };
    });
  }

  private async suppress(tx: Transaction, row: MailRow, reason: 'bounced' | 'complained', at: Date): Promise<void> {
    if (row.address_hash === null) return;
    await tx.query(
      `insert into mail_suppressions (program_id, address_hash, reason, mail_id, at) values ($1, $2, $3, $4, $5)
       on conflict (program_id, address_hash) do nothing`,
      [row.program_id, row.address_hash, reason, row.id, at],
    );
  }
}
