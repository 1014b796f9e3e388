import { Injectable } from '@nestjs/common';
import { NegotiationsService, type NegotiationRow, type Side } from '../../../libs/agreements/index.js';
import { allPrograms, requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError, type ErrorCode } from '../../../libs/kernel/domain-error.js';
import type { NegotiationStatus } from '../../../libs/orchestration/index.js';

export const parties: readonly Role[] = ['partner_manager', 'applicant', 'partner'];
/** The company's own people who look at negotiations; some of them are asked for approvals. */
export const companyReaders: readonly Role[] = [
  ...(['partner_manager', 'legal', 'finance', 'finance_approver', 'admin', 'auditor'] as const),
];
export const readers: readonly Role[] = [...companyReaders, 'applicant', 'partner'];
/** Company roles that may write beside the rounds: comments, decisions on approvals, simulations. */
export const deciders: readonly Role[] = companyReaders.filter((role) => role !== 'auditor');

/** Codes of a move that came too late or from the wrong side: their problem shows what is on the table instead. */
const lost: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['round-changed', 'illegal-transition', 'not-your-turn', 'already-exists'] as const),
]);

/** Which negotiation a caller may see, on whose side it stands, and what it is told. */
@Injectable()
export class NegotiationAccess {
  constructor(private readonly negotiations: NegotiationsService) {}

  /** @throws DomainError `not-found` for another partner's, `forbidden` for a role that may not */
  async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<NegotiationRow> {
    const row = await this.negotiations.get(id);
    requireAccess(
      caller,
      { programId: row.program_id, applicationId: row.application_id, partnerId: row.partner_id },
      roles,
    );
    return row;
  }

  /** The error with the round that is on the table now as the problem's member `current`, where a move was lost to it. */
  async withCurrent(error: unknown, negotiationId: string): Promise<unknown> {
    if (!(error instanceof DomainError) || !lost.has(error.code)) return error;
    const { number, ...status } = await this.negotiations.status(negotiationId);
    const proposal = (await this.negotiations.proposals(negotiationId)).find((each) => each.number === number);
    // The partner's view, whoever asked: what is on the table is all that a lost move is about.
    const current = { ...statusFor('partner', { number, ...status }), side: proposal?.side };
    return new DomainError(error.code, error.message, error.errors, { current });
  }
}

/** The side follows from whose the negotiation is, never from what the caller says. */
export function sideOf(caller: Principal, row: NegotiationRow): Side {
  return caller.applicationId === row.application_id || caller.partnerId === row.partner_id ? 'partner' : 'company';
}

/** The caller's roles in the negotiation's program, which guardrails go by. */
export function rolesIn(caller: Principal, { program_id: programId }: Pick<NegotiationRow, 'program_id'>): string[] {
  const here = caller.roles.filter((grant) => grant.programId === allPrograms || grant.programId === programId);
  return [...new Set(here.map(({ role }) => role))];
}

/** A status as a side may see it: what waits for internal approval is the company's own affair. */
export function statusFor(side: Side, status: NegotiationStatus): Record<string, unknown> {
  const { state, number, termsHash, awaiting, dueAtMs, pending } = status;
  return {
    ...{ state, number, termsHash },
    ...(awaiting === undefined ? {} : { awaiting }),
    ...(dueAtMs === undefined ? {} : { dueAt: new Date(dueAtMs).toISOString() }),
    ...(pending === undefined || side === 'partner' ? {} : { pendingApproval: pending }),
  };
}
