import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { PartnersService, type PartnerRow } from '../partners/index.js';
import { ProgramsService } from '../programs/index.js';
import { requireContract } from './contract-needed.js';
import {
  detailsContext,
  inUseAt,
  versionsOf,
  viewsOf,
  type Channel,
  type DetailsRow,
  type DetailsView,
} from './details-rows.js';
import {
  checkDestination,
  detailsStates,
  effectiveFrom,
  isSameAccount,
  maskDestination,
  type DetailsAction,
  type PayoutDestination,
  type StatedDestination,
} from './domain/index.js';
import { PayeeKeys } from './payee-keys.js';

export interface DetailsChange extends Actor {
  partnerId: string;
  channel: Channel;
  destination: StatedDestination;
}

export interface DetailsDecision extends Actor {
  partnerId: string;
  detailsId: string;
  reason?: string | undefined;
}

/** What is announced of each step. */
const events = {
  asked: 'partner.payout_details_asked',
  approved: 'partner.payout_details_approved',
  rejected: 'partner.payout_details_rejected',
  withdrawn: 'partner.payout_details_withdrawn',
} as const;

type Stage = keyof typeof events;

/**
 * Where partners are paid to. Versions are kept and never overwritten; a change pays only after a second person has
 * approved it and a cooling-off, of which the address from before is told, is over. Nothing is paid meanwhile.
 */
@Injectable()
export class PayoutDetailsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly partners: PartnersService,
    private readonly keys: PayeeKeys,
  ) {}

  /**
   * Takes down new details.
   * @throws DomainError `not-found`, `invalid-document` (with pointers), `illegal-transition` while another change is
   * open or the partner has no contract yet, `already-exists` for the account that is in use
   */
  async submit(change: DetailsChange): Promise<DetailsView> {
    const destination = checkDestination(change.destination);
    const { program_id: programId } = await this.partners.get(change.partnerId);
    const { payees } = (await this.programs.get(programId)).document;
    return this.database.inTransaction(async (tx) => {
      const partner = await this.partners.lock(tx, change.partnerId);
      const rows = await versionsOf(tx, partner.id);
      const repeated = await this.audit.wasRequested(tx, { ...change, subjectId: partner.id });
      if (repeated && rows[0]) return this.view(rows, rows[0].id);
      requireContract(partner);
      const now = this.clock.now();
      this.refuseOpen(rows, now);
      const current = await inUseAt(tx, partner.id, now);
      if (current && isSameAccount(this.open(current), destination)) {
        throw new DomainError('already-exists', 'these payout details are in use already');
      }
      const isFirst = current === undefined;
      const isTrusted = isFirst && payees.firstDetails === 'trusted';
      const row = await this.insert(tx, partner, change, {
        destination,
        version: (rows[0]?.version ?? 0) + 1,
        now,
        isTrusted,
      });
      await this.tell(tx, row, change, 'asked');
      if (!isFirst) await this.mail(tx, partner, 'asked');
      if (!isTrusted) {
        const to = { role: 'finance' };
        await this.outbox.mail(tx, programId, { template: 'payout-details-waiting', subjectId: partner.id, to });
      }
      return this.view([row, ...rows], row.id);
    });
  }

  /**
   * Approves a change. They pay once their cooling-off is over.
   * @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker` for who asked for it
   */
  approve(decision: DetailsDecision): Promise<DetailsView> {
    return this.decide(decision, 'approve');
  }

  /** Refuses a change, with a reason: the details from before stay. @throws as `approve` */
  reject(decision: DetailsDecision & { reason: string }): Promise<DetailsView> {
    return this.decide(decision, 'reject');
  }

  /**
   * Takes a change back, while it waits for its approval or cools off; whoever may see it may stop it.
   * @throws DomainError `not-found`, `illegal-transition` (it pays, or is decided otherwise)
   */
  withdraw(decision: DetailsDecision): Promise<DetailsView> {
    return this.decide(decision, 'withdraw');
  }

  /** All versions, newest first, masked. @throws DomainError `not-found` */
  async versions(partnerId: string): Promise<DetailsView[]> {
    await this.partners.get(partnerId);
    return viewsOf(await versionsOf(this.database.dataSource.manager, partnerId), this.clock.now());
  }

  private async decide(decision: DetailsDecision, action: DetailsAction): Promise<DetailsView> {
    const { program_id: programId } = await this.partners.get(decision.partnerId);
    const { coolingOff } = (await this.programs.get(programId)).document.payees;
    return this.database.inTransaction(async (tx) => {
      const partner = await this.partners.lock(tx, decision.partnerId);
      const rows = await versionsOf(tx, partner.id);
      const row = rows.find(({ id }) => id === decision.detailsId);
      if (!row) throw new DomainError('not-found', `the partner has no payout details ${decision.detailsId}`);
      const about = { actorId: decision.actorId, requestId: decision.requestId, subjectId: partner.id };
      if (await this.audit.wasRequested(tx, about)) return this.view(rows, row.id);
      const state = detailsStates.next(row.state, action);
      const now = this.clock.now();
      if (action !== 'withdraw' && row.submitted_by === decision.actorId) {
        throw new DomainError('maker-is-checker', 'who asked for a change of payout details cannot decide on it');
      }
      if (row.effective_at !== null && row.effective_at.getTime() <= now.getTime()) {
        throw new DomainError('illegal-transition', 'payout details: they are in use; ask for other ones');
      }
      const current = await inUseAt(tx, partner.id, now);
      const times = { submittedAt: row.submitted_at, approvedAt: now, isFirst: current === undefined };
      const effectiveAt = action === 'approve' ? effectiveFrom(times, coolingOff) : null;
      const moved = await rowOf<DetailsRow>(
        tx,
        `update payout_details set state = $2, effective_at = $3, decided_by = $4, decided_at = $5, reason = $6
         where id = $1 returning *`,
        [row.id, state, effectiveAt, decision.actorId, now, decision.reason ?? null],
      );
      if (!moved) throw new Error('the payout details are gone');
      const stage = state as Stage;
      await this.tell(tx, moved, decision, stage, row);
      await this.mail(tx, partner, stage);
      return this.view(
        rows.map((one) => (one.id === moved.id ? moved : one)),
        moved.id,
      );
    });
  }

  private refuseOpen(rows: readonly DetailsRow[], now: Date): void {
    const open = viewsOf(rows, now).find(
      ({ standing }) => standing === 'awaiting_approval' || standing === 'cooling_off',
    );
    if (open)
      throw new DomainError('illegal-transition', `payout details: ${open.id} is ${open.standing}; take it back first`);
  }

  private async insert(
    tx: Transaction,
    partner: PartnerRow,
    { actorId, channel }: DetailsChange,
    made: { destination: PayoutDestination; version: number; now: Date; isTrusted: boolean },
  ): Promise<DetailsRow> {
    const identity = { id: newId('pyd'), program_id: partner.program_id, partner_id: partner.id };
    const { sealed, keyId } = this.keys.seal(detailsContext(identity), made.destination);
    const { kind, ending, country, provider } = maskDestination(made.destination);
    const decided = made.isTrusted ? [actorId, made.now] : [null, null];
    const row = await rowOf<DetailsRow>(
      tx,
      `insert into payout_details (id, program_id, partner_id, version, kind, ending, country, provider, sealed, key_id, channel,
         submitted_by, submitted_at, state, effective_at, decided_by, decided_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) returning *`,
      [
        ...[identity.id, partner.program_id, partner.id, made.version, kind, ending, country, provider, sealed, keyId],
        ...[channel, actorId, made.now, made.isTrusted ? 'approved' : 'awaiting_approval'],
        ...[made.isTrusted ? made.now : null, ...decided],
      ],
    );
    if (!row) throw new Error('the payout details were not written');
    return row;
  }

  private open(row: DetailsRow): PayoutDestination {
    return this.keys.open(detailsContext(row), { sealed: row.sealed, keyId: row.key_id });
  }

  private async tell(
    tx: Transaction,
    row: DetailsRow,
    act: Actor & { reason?: string | undefined },
    stage: Stage,
    before?: DetailsRow,
  ): Promise<void> {
    const { actorId, requestId, reason } = act;
    const details = { detailsId: row.id, version: row.version, kind: row.kind, channel: row.channel };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, action: events[stage] },
      ...{ subjectId: row.partner_id, fromState: before?.state, toState: row.state, reason, details },
    });
    const type = events[stage];
    const data = { detailsId: row.id, version: row.version, effectiveAt: row.effective_at?.toISOString() ?? null };
    await this.outbox.announce(tx, row.program_id, { type, subjectId: row.partner_id, data });
  }

  /** To the address that the partner had before: what is not its own doing, it learns in time. */
  private async mail(tx: Transaction, partner: PartnerRow, stage: Stage): Promise<void> {
    const to = { personId: partner.person_id };
    const mail = { template: 'payout-details-change', subjectId: partner.id, to, details: { stage } };
    await this.outbox.mail(tx, partner.program_id, mail);
  }

  private view(rows: readonly DetailsRow[], id: string): DetailsView {
    const view = viewsOf(rows, this.clock.now()).find((one) => one.id === id);
    if (!view) throw new Error('the payout details are gone');
    return view;
  }
}
