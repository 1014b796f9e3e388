import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Language } from '../kernel/language.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService } from '../programs/index.js';

/** A person who signs for the partner beside the applicant. */
export interface NamedSigner {
  id: string;
  personId: string;
  name: string | null;
  email: string | null;
  title: string | null;
  createdAt: Date;
}

export interface SignerInput {
  name: string;
  email: string;
  title?: string | undefined;
}

const select = `select s.id, s.person_id as "personId", p.name, p.email, s.title, s.created_at as "createdAt"
  from named_signers s join persons p on p.id = s.person_id`;

/** Who signs for the partner beside the applicant, named while terms are negotiated; the order of naming is that of signing. */
@Injectable()
export class NamedSigners {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
  ) {}

  list(negotiationId: string, tx: Transaction = this.database.dataSource.manager): Promise<NamedSigner[]> {
    return rowsOf(tx, `${select} where s.negotiation_id = $1 and s.removed_at is null order by s.id`, [negotiationId]);
  }

  /**
   * Names a further signer, until the contract is made.
   * @throws DomainError `not-found`, `illegal-transition` (the contract is made, or nothing came of it), `already-exists` (the person signs
   *   already, for either side), `invalid-document` (as many as the program allows are named)
   */
  async name(negotiationId: string, signer: SignerInput, actor: Actor): Promise<NamedSigner> {
    const { programId } = await this.negotiation(negotiationId);
    const { document } = await this.programs.get(programId);
    const { partnerSigners, companySigners } = document.signature;
    const ours = companySigners.signers.flatMap((each) => ('role' in each ? [] : [each.email]));
    return this.database.inTransaction(async (tx) => {
      await this.lockOpen(tx, negotiationId);
      const named = await this.list(negotiationId, tx);
      const made = await this.ofRequest(tx, negotiationId, actor);
      if (made !== undefined) return (await rowOf<NamedSigner>(tx, `${select} where s.id = $1`, [made]))!;
      if (named.length + 1 >= partnerSigners.max) {
        const error = { pointer: '', message: `at most ${partnerSigners.max} sign for the partner` };
        throw new DomainError('invalid-document', 'nobody else can sign for the partner', [error]);
      }
      const applicant = await rowOf<{ email: string | null; language: Language }>(
        tx,
        `select p.email, p.language from negotiations n join applications a on a.id = n.application_id join persons p on p.id = a.person_id where n.id = $1`,
        [negotiationId],
      );
      refuseKnown(signer.email, [applicant?.email, ...named.map(({ email }) => email), ...ours]);
      const [id, personId, now] = [newId('sgn'), newId('per'), this.clock.now()];
      // Written to in the language of the contract, until somebody knows better.
      const person = [personId, programId, signer.name, signer.email, applicant?.language ?? 'en'];
      await tx.query(`insert into persons (id, program_id, name, email, language) values ($1, $2, $3, $4, $5)`, person);
      await tx.query(
        `insert into named_signers (id, program_id, negotiation_id, person_id, title, named_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
        [id, programId, negotiationId, personId, signer.title ?? null, actor.actorId, now],
      );
      await this.record(tx, programId, negotiationId, 'signer_named', id, actor);
      return (await rowOf<NamedSigner>(tx, `${select} where s.id = $1`, [id]))!;
    });
  }

  /** Takes a signer back, until the contract is made. @throws DomainError `not-found`, `illegal-transition` */
  async remove(negotiationId: string, signerId: string, actor: Actor): Promise<void> {
    const { programId } = await this.negotiation(negotiationId);
    await this.database.inTransaction(async (tx) => {
      await this.lockOpen(tx, negotiationId);
      const removed = await rowOf<{ person_id: string }>(
        tx,
        `update named_signers set removed_at = $3 where id = $1 and negotiation_id = $2 and removed_at is null returning person_id`,
        [signerId, negotiationId, this.clock.now()],
      );
      if (!removed) throw new DomainError('not-found', 'there is no such signer');
      // Nothing is kept of a person who has no part in it.
      await tx.query(`update persons set name = null, email = null, phone = null where id = $1`, [removed.person_id]);
      await this.record(tx, programId, negotiationId, 'signer_removed', signerId, actor);
    });
  }

  /** Whom this very request has named already: its answer was lost, and it is sent again. */
  private async ofRequest(
    tx: Transaction,
    negotiationId: string,
    { actorId, requestId }: Actor,
  ): Promise<string | undefined> {
    const fact = await rowOf<{ id: string }>(
      tx,
      `select details->>'signerId' as id from audit_facts
       where subject_id = $1 and action = 'negotiation.signer_named' and request_id = $2 and actor_id = $3`,
      [negotiationId, requestId ?? null, actorId],
    );
    return fact?.id;
  }

  private async negotiation(id: string): Promise<{ programId: string }> {
    const sql = `select program_id as "programId" from negotiations where id = $1`;
    const row = await rowOf<{ programId: string }>(this.database.dataSource.manager, sql, [id]);
    if (!row) throw new DomainError('not-found', `no negotiation ${id}`);
    return row;
  }

  /** Whoever makes the contract locks the negotiation too: a signer is in it, or is refused. */
  private async lockOpen(tx: Transaction, negotiationId: string): Promise<void> {
    const row = await rowOf<{ state: string }>(tx, `select state from negotiations where id = $1 for update`, [
      negotiationId,
    ]);
    const isMade = await rowOf(tx, `select 1 from envelopes where negotiation_id = $1`, [negotiationId]);
    if (isMade)
      throw new DomainError('illegal-transition', 'the contract is made: delegate or correct its signers instead');
    if (row?.state === 'withdrawn' || row?.state === 'expired') {
      throw new DomainError('illegal-transition', `negotiation: cannot name signers while ${row.state}`);
    }
  }

  private async record(
    tx: Transaction,
    programId: string,
    negotiationId: string,
    what: 'signer_named' | 'signer_removed',
    signerId: string,
    { actorId, requestId }: Actor,
  ): Promise<void> {
    const details = { signerId };
    const action = `negotiation.${what}` as const;
    await this.audit.record(tx, { actorId, requestId, programId, action, subjectId: negotiationId, details });
    await this.outbox.announce(tx, programId, { type: action, subjectId: negotiationId, data: details });
  }
}

function refuseKnown(email: string, known: readonly (string | null | undefined)[]): void {
  const isKnown = known.some((address) => address?.toLowerCase() === email.toLowerCase());
  if (!isKnown) return;
  const error = { pointer: '/email', message: 'is the address of another signer' };
  throw new DomainError('already-exists', 'somebody with this address signs already', [error]);
}
