import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { MailTemplateName } from '../notifications/domain/index.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import type {
  AcceptInput,
  DecideApprovalInput,
  NegotiationStatus,
  ProposeInput,
  RetractInput,
  WithdrawNegotiationInput,
} from '../orchestration/negotiation.js';
import { ProgramsService, type ProgramDocument } from '../programs/index.js';
import { refuseTermGap } from './changed-terms.js';
import type { Terms } from './domain/index.js';
import { negotiationStates, otherSide, type NegotiationAction, type Side } from './domain/negotiation-state.js';
import { remindersAfter } from './domain/round-deadline.js';
import { InternalApprovals, type InternalApprovalRow } from './internal-approvals.js';
import {
  NegotiationRecords,
  type NegotiationKind,
  type NegotiationRow,
  type ProposalRow,
} from './negotiation-records.js';
import { TermsDocuments } from './terms-documents.js';

type Settings = ProgramDocument['negotiation'];

/** What a move finds under the negotiation's lock. */
interface Table {
  tx: Transaction;
  row: NegotiationRow;
  current: ProposalRow;
  settings: Settings;
}

/** How a negotiation begins. */
export interface Opening {
  programId: string;
  applicationId: string;
  partnerId: string;
  offer: Terms;
  /** Whose offer it is; the company's where absent. */
  side?: Side;
  /** `initial` where absent; the others name the agreement and the version that it is to change. */
  kind?: NegotiationKind;
  agreementId?: string;
  baseVersionId?: string;
  /** The template that the offer came from. */
  template?: { id: string; version: number };
  /** How long the other side has to answer the offer; the program's setting where absent. */
  answerWithin?: string;
  note?: string;
  /** The mail that tells the other side of the offer; `terms-proposed` where absent. */
  announcedAs?: MailTemplateName;
  /** The internal approval that the offer was made by, and who had proposed it then. */
  approval?: { id: string; proposedBy: string };
}

/** Rounds of proposals over immutable terms documents; acceptance names the hash of what is accepted. */
@Injectable()
export class NegotiationsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly programs: ProgramsService,
    private readonly terms: TermsDocuments,
    private readonly records: NegotiationRecords,
    private readonly approvals: InternalApprovals,
  ) {}

  /** Opens a negotiation with an offer as version 1. Its workflow is the caller's to start. */
  async open(tx: Transaction, opening: Opening, actor: Actor): Promise<NegotiationRow> {
    const { programId, applicationId, partnerId, offer, side = 'company', kind = 'initial', template } = opening;
    const { answerWithin = (await this.settings(programId, tx)).answerWithin, note, announcedAs, approval } = opening;
    const negotiation = await this.records.insert(tx, {
      ...{ program_id: programId, application_id: applicationId, partner_id: partnerId, kind },
      agreement_id: opening.agreementId ?? null,
      base_version_id: opening.baseVersionId ?? null,
      template_id: template?.id ?? null,
      template_version: template?.version ?? null,
    });
    const termsHash = await this.terms.store(tx, programId, offer);
    await this.records.table(tx, negotiation, {
      ...{ ...actor, side, termsHash, answerWithin, note },
      ...(announcedAs && { announcedAs }),
      ...(approval && { approval }),
    });
    return this.records.get(negotiation.id, tx);
  }

  /**
   * A new version in answer to the one on the table. The company's waits for approval where it is outside of what the
   * mover may agree to.
   * @throws DomainError `illegal-transition`, `round-changed`, `already-exists` (these very terms are on the table),
   * `invalid-document` (they do not follow on the running term of an agreement), `outside-guardrails`
   */
  propose(input: ProposeInput): Promise<NegotiationStatus> {
    return this.act(input, 'propose', async ({ tx, row, current, settings }) => {
      if (current.terms_hash !== input.answersHash) throw roundChanged('answered', current);
      if (current.terms_hash === input.termsHash) {
        throw new DomainError('already-exists', 'these are the terms on the table: accept them or propose others');
      }
      await refuseTermGap(tx, this.terms, row, input.termsHash);
      await this.approvals.supersede(tx, row, input);
      const { answerWithin = settings.answerWithin } = input;
      const needed = await this.neededFor({ tx, row, settings }, input);
      if (needed.length > 0) {
        return this.approvals.request(tx, row, { ...input, answerWithin, move: 'proposal' }, needed);
      }
      return this.records.table(tx, row, { ...input, answerWithin });
    });
  }

  /** @throws DomainError `illegal-transition`, `round-changed`, `not-your-turn` (one's own proposal), `outside-guardrails` */
  accept(input: AcceptInput): Promise<NegotiationStatus> {
    return this.act(input, 'accept', async ({ tx, row, current, settings }) => {
      if (current.terms_hash !== input.termsHash) throw roundChanged('accepted', current);
      if (current.side === input.side) {
        throw new DomainError('not-your-turn', 'a proposal is accepted by the other side');
      }
      await this.approvals.supersede(tx, row, input);
      const needed = await this.neededFor({ tx, row, settings }, input);
      if (needed.length > 0) return this.approvals.request(tx, row, { ...input, move: 'acceptance' }, needed);
      return this.agree(tx, row, current, input);
    });
  }

  /**
   * Takes back one's own unanswered proposal: the version before it stands again, in a new round.
   * @throws DomainError `illegal-transition` (nothing stood before it), `round-changed`, `not-your-turn` (the other side's)
   */
  retract(input: RetractInput): Promise<NegotiationStatus> {
    return this.act(input, 'retract', async ({ tx, row, current, settings }) => {
      if (current.terms_hash !== input.termsHash) throw roundChanged('taken back', current);
      if (current.side !== input.side)
        throw new DomainError('not-your-turn', 'a proposal is taken back by its own side');
      const standing = (await this.records.proposals(row.id, tx)).filter(
        ({ number, retracted_at }) => number < current.number && retracted_at === null,
      );
      const before = standing.at(-1);
      if (!before) {
        throw new DomainError(
          'illegal-transition',
          'nothing stood before this proposal: withdraw from the negotiation',
        );
      }
      await this.approvals.supersede(tx, row, input);
      const answerWithin = before.answer_within ?? settings.answerWithin;
      await this.records.retract(tx, row, before, { ...input, answerWithin });
    });
  }

  /** @throws DomainError `illegal-transition` */
  withdraw(input: WithdrawNegotiationInput): Promise<NegotiationStatus> {
    return this.act(input, 'withdraw', async ({ tx, row }) => {
      const { actorId, requestId, reason } = input;
      await this.approvals.supersede(tx, row, input);
      const told = [otherSide(input.side)];
      await this.records.close(tx, row, { actorId, requestId, action: 'withdraw', reason, told });
    });
  }

  /**
   * A decision on a move of the company that waits; with the last approval the move is made.
   * @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker`, `forbidden`
   */
  decideApproval(input: DecideApprovalInput): Promise<NegotiationStatus> {
    return this.act({ ...input, side: 'company' }, 'propose', async ({ tx, row, current, settings }) => {
      const approved = await this.approvals.decide(tx, row, input);
      if (approved) await this.makeApproved({ tx, row, current, settings }, approved, input);
    });
  }

  /**
   * Does what an instant brings: a reminder to the side whose turn it is, or the end of a negotiation whose round nobody
   * answered. `asOfMs` (epoch milliseconds) is the instant that was waited for: it counts even where this clock is behind.
   */
  async keepDeadline(negotiationId: string, asOfMs: number): Promise<NegotiationStatus> {
    const settings = await this.settings((await this.records.get(negotiationId)).program_id);
    return this.database.inTransaction(async (tx) => {
      const row = await this.records.lock(tx, negotiationId);
      const now = new Date(Math.max(asOfMs, this.clock.now().getTime()));
      if (row.state !== 'open' || row.due_at === null) return this.statusOf(row, settings, tx);
      if (now >= row.due_at) await this.lapse(tx, row);
      else await this.remindIfDue({ tx, row, settings }, now);
      return this.statusOf(await this.records.get(row.id, tx), settings, tx);
    });
  }

  /** Closes an open negotiation because its application ended; a closed one stays as it is. */
  async endWith(tx: Transaction, negotiationId: string, actor: Actor, reason: string): Promise<void> {
    const row = await this.records.lock(tx, negotiationId);
    if (!negotiationStates.allows(row.state, 'withdraw')) return;
    await this.approvals.supersede(tx, row, actor);
    await this.records.close(tx, row, { ...actor, action: 'withdraw', reason, told: [] });
    await this.records.changed(tx, row);
  }

  /** @throws DomainError `not-found` */
  get(id: string, tx?: Transaction): Promise<NegotiationRow> {
    return this.records.get(id, tx);
  }

  /** The negotiation of an application's first contract; undefined before its approval. */
  ofApplication(applicationId: string, tx?: Transaction): Promise<NegotiationRow | undefined> {
    return this.records.ofApplication(applicationId, tx);
  }

  /** Every version so far, oldest first, those that were taken back too. */
  proposals(negotiationId: string): Promise<ProposalRow[]> {
    return this.records.proposals(negotiationId);
  }

  /** One version. @throws DomainError `not-found` */
  proposal(negotiationId: string, number: number): Promise<ProposalRow> {
    return this.records.proposal(negotiationId, number);
  }

  /** The terms that a negotiation started from: those in force for a change, else the opening offer; their hash. */
  async baselineHash(row: NegotiationRow): Promise<string> {
    if (row.base_version_id === null) return (await this.records.proposal(row.id, 1)).terms_hash;
    const sql = `select terms_hash from agreement_versions where id = $1`;
    const [version] = await this.database.query<{ terms_hash: string }>(sql, [row.base_version_id]);
    if (!version) throw new DomainError('not-found', `no agreement version ${row.base_version_id}`);
    return version.terms_hash;
  }

  async status(negotiationId: string, tx: Transaction = this.database.dataSource.manager): Promise<NegotiationStatus> {
    const row = await this.records.get(negotiationId, tx);
    return this.statusOf(row, await this.settings(row.program_id, tx), tx);
  }

  /** One move under the row's lock; a repeat of the same request answers with the state instead of moving again. */
  private async act(
    input: Actor & { negotiationId: string; side: Side },
    action: NegotiationAction,
    work: (table: Table) => Promise<void>,
  ): Promise<NegotiationStatus> {
    const settings = await this.settings((await this.records.get(input.negotiationId)).program_id);
    return this.database.inTransaction(async (tx) => {
      const row = await this.records.lock(tx, input.negotiationId);
      if (!(await this.audit.wasRequested(tx, { ...input, subjectId: row.id }))) {
        negotiationStates.next(row.state, action);
        if (row.due_at !== null && this.clock.now() >= row.due_at) {
          throw new DomainError('illegal-transition', `the time to answer ended at ${row.due_at.toISOString()}`);
        }
        const current = await this.records.proposal(row.id, row.current_number, tx);
        await work({ tx, row, current, settings });
        await this.records.changed(tx, row);
      }
      return this.statusOf(await this.records.get(row.id, tx), settings, tx);
    });
  }

  private async neededFor(
    { tx, row, settings }: Pick<Table, 'tx' | 'row' | 'settings'>,
    { side, termsHash, roles = [] }: AcceptInput | ProposeInput,
  ): Promise<InternalApprovalRow['needed']> {
    if (side === 'partner' || settings.guardrails.length === 0) return [];
    const terms = await this.terms.get(row.program_id, termsHash, tx);
    return this.approvals.neededFor(terms, settings.guardrails, roles);
  }

  private async makeApproved(
    { tx, row, current, settings }: Table,
    approved: InternalApprovalRow,
    { actorId, requestId }: Actor,
  ): Promise<void> {
    const { id, proposed_by: proposedBy, terms_hash: termsHash } = approved;
    if (approved.move === 'acceptance') return this.agree(tx, row, current, { actorId, requestId });
    await this.records.table(tx, row, {
      ...{ actorId, requestId, side: 'company', termsHash, approval: { id, proposedBy } },
      answerWithin: approved.answer_within ?? settings.answerWithin,
      note: approved.note ?? undefined,
    });
  }

  private agree(
    tx: Transaction,
    row: NegotiationRow,
    current: ProposalRow,
    { actorId, requestId }: Actor,
  ): Promise<void> {
    // No mail of its own: the contract to sign follows at once.
    const agreedHash = current.terms_hash;
    return this.records.close(tx, row, { actorId, requestId, action: 'accept', agreedHash, told: [] });
  }

  private async lapse(tx: Transaction, row: NegotiationRow): Promise<void> {
    await this.approvals.supersede(tx, row, systemActor);
    const reason = `version ${row.current_number} was not answered in time`;
    await this.records.close(tx, row, { ...systemActor, action: 'lapse', reason, told: ['company', 'partner'] });
    await this.records.changed(tx, row);
  }

  private async remindIfDue({ tx, row, settings }: Pick<Table, 'tx' | 'row' | 'settings'>, now: Date): Promise<void> {
    const [next] = nextReminders(row, settings);
    if (next === undefined || now < next) return;
    const { side } = await this.records.proposal(row.id, row.current_number, tx);
    await this.records.remind(tx, row, otherSide(side), now);
    const pending = await this.approvals.pendingOf(row.id, tx);
    if (pending) {
      for (const role of await this.approvals.openRoles(pending, tx)) {
        await this.approvals.ask(tx, row, pending.id, role);
      }
    }
    await this.records.changed(tx, row);
  }

  private async statusOf(row: NegotiationRow, settings: Settings, tx: Transaction): Promise<NegotiationStatus> {
    const { side, terms_hash: termsHash } = await this.records.proposal(row.id, row.current_number, tx);
    const status: NegotiationStatus = {
      state: row.state,
      number: row.current_number,
      termsHash,
      revision: row.revision,
    };
    if (row.state !== 'open') return status;
    const pending = await this.approvals.pendingOf(row.id, tx);
    const wakeAt = nextReminders(row, settings)[0] ?? row.due_at;
    return {
      ...status,
      awaiting: otherSide(side),
      ...(row.due_at && wakeAt ? { dueAtMs: row.due_at.getTime(), wakeAtMs: wakeAt.getTime() } : {}),
      ...(pending
        ? {
            pending: {
              approvalId: pending.id,
              move: pending.move,
              roles: await this.approvals.openRoles(pending, tx),
            },
          }
        : {}),
    };
  }

  /** Those of the program's current version: how the company decides is its own affair, and changes at once. */
  private async settings(programId: string, tx: Transaction = this.database.dataSource.manager): Promise<Settings> {
    return (await this.programs.getIn(tx, programId)).document.negotiation;
  }
}

function nextReminders(row: NegotiationRow, { remindBefore }: Settings): Date[] {
  if (row.due_at === null || row.reminded_until === null) return [];
  return remindersAfter(row.reminded_until, row.due_at, remindBefore);
}

function roundChanged(verb: string, current: ProposalRow): DomainError {
  return new DomainError(
    'round-changed',
    `version ${current.number} is on the table; what was ${verb} is another one`,
    [
      {
        pointer: verb === 'answered' ? '/answersHash' : '/termsHash',
        message: `the current terms hash is ${current.terms_hash}`,
      },
    ],
  );
}
