import { Injectable } from '@nestjs/common';
import { amendmentStates, NegotiationsService } from '../agreements/index.js';
import { Database } from '../database/index.js';
import { AmendmentRecords } from '../lifecycle/index.js';
import { PartnerOnboardingService } from '../onboarding/index.js';
import {
  agreementAmendment,
  amendmentAttributes,
  applicationAttributes,
  envelopeAttributes,
  negotiation,
  negotiationAttributes,
  partnerOnboarding,
  searchAttributes,
  signature,
  type WaitingAttributes,
} from '../orchestration/index.js';
import { EnvelopesService } from '../signatures/index.js';
import { applicationStages } from '../partners/index.js';
import type { AttributeTexts, ExpectedWorkflow, TrackedProcess } from './domain/index.js';

/** Rows of a batch; each is read as the workflow's own activities read it. */
const batchSize = 200;

interface RowKey {
  id: string;
  programId: string;
  applicationId: string;
  negotiationId: string;
  partnerId: string | null;
  amendmentId: string | null;
  isInitial: boolean;
}

const open = openStates(applicationStages);
const openAmendments = openStates(amendmentStates);

function openStates<State extends string>(states: {
  table: Readonly<Record<State, unknown>>;
  isTerminal(state: State): boolean;
}): string {
  const open = (Object.keys(states.table) as State[]).filter((state) => !states.isTerminal(state));
  return open.map((state) => `'${state}'`).join(', ');
}

/** Everything that is open, and what ended since an instant. */
const queries: Readonly<Record<TrackedProcess, string>> = {
  partnerOnboarding: `select a.id, a.program_id as "programId", a.id as "applicationId", '' as "negotiationId", p.id as "partnerId",
      null as "amendmentId", true as "isInitial"
    from applications a left join partners p on p.application_id = a.id
    where (a.stage in (${open}) or a.stage_since >= $1) and a.id > $2`,
  negotiation: `select n.id, n.program_id as "programId", n.application_id as "applicationId", n.id as "negotiationId",
      n.partner_id as "partnerId", m.id as "amendmentId", n.kind = 'initial' as "isInitial"
    from negotiations n left join agreement_amendments m on m.negotiation_id = n.id
    where (n.state = 'open' or n.state_since >= $1) and n.id > $2`,
  signature: `select e.id, e.program_id as "programId", e.application_id as "applicationId", e.negotiation_id as "negotiationId",
      e.partner_id as "partnerId", m.id as "amendmentId", e.purpose = 'initial' as "isInitial"
    from envelopes e left join agreement_amendments m on m.negotiation_id = e.negotiation_id
    where (e.state not in ('executed', 'declined', 'voided', 'expired', 'superseded') or e.state_since >= $1)
      and e.state <> 'superseded' and e.id > $2`,
  agreementAmendment: `select m.id, m.program_id as "programId", p.application_id as "applicationId",
      coalesce(m.negotiation_id, '') as "negotiationId", m.partner_id as "partnerId", m.id as "amendmentId", false as "isInitial"
    from agreement_amendments m join partners p on p.id = m.partner_id
    where (m.state in (${openAmendments}) or m.state_since >= $1) and m.id > $2`,
};

const tables: Readonly<Record<TrackedProcess, string>> = {
  partnerOnboarding: `select id from applications where id = any($1)`,
  negotiation: `select id from negotiations where id = any($1)`,
  // Before its envelope is made, a signature has the row of its negotiation alone.
  signature: `select id from negotiations where id = any($1)`,
  agreementAmendment: `select id from agreement_amendments where id = any($1)`,
};

/** What workflows there should be, by the rows. */
@Injectable()
export class ExpectedWorkflows {
  constructor(
    private readonly database: Database,
    private readonly onboarding: PartnerOnboardingService,
    private readonly negotiations: NegotiationsService,
    private readonly envelopes: EnvelopesService,
    private readonly amendments: AmendmentRecords,
  ) {}

  /** Batch by batch: of everything that is open, and of what ended at or after `since`. */
  async *all(process: TrackedProcess, since: Date): AsyncGenerator<ExpectedWorkflow[]> {
    for (let after = ''; ;) {
      const rows = await this.database.query<RowKey>(`${queries[process]} order by 1 limit ${batchSize}`, [
        since,
        after,
      ]);
      yield await Promise.all(rows.map((row) => this.expected(process, row)));
      if (rows.length < batchSize) return;
      after = rows.at(-1)!.id;
    }
  }

  /** The same workflow by what its row says now. */
  async again({ process, rowId }: Pick<ExpectedWorkflow, 'process' | 'rowId'>): Promise<ExpectedWorkflow | undefined> {
    const [row] = await this.database.query<RowKey>(`select * from (${queries[process]}) rows where id = $3`, [
      ...[new Date(0), '', rowId],
    ]);
    return row && this.expected(process, row);
  }

  /** Which of these ids of workflows have a row. */
  async withRows(process: TrackedProcess, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(tables[process], [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  private async expected(process: TrackedProcess, row: RowKey): Promise<ExpectedWorkflow> {
    const { id: rowId, programId, applicationId, negotiationId, partnerId, amendmentId, isInitial } = row;
    const isResumable = isInitial || amendmentId !== null;
    const named = { process, rowId, programId, applicationId, amendmentId, isResumable };
    const ids = { [searchAttributes.programId.name]: [programId] };
    const partner = { [searchAttributes.partnerId.name]: partnerId === null ? [] : [partnerId] };
    if (process === 'partnerOnboarding') {
      const progress = await this.onboarding.state(rowId);
      const attributes = { ...ids, ...partner, ...textsOf(applicationAttributes(progress)) };
      const isOpen = !applicationStages.isTerminal(progress.stage);
      return { ...named, workflowId: partnerOnboarding.workflowId(rowId), state: progress.stage, isOpen, attributes };
    }
    if (process === 'negotiation') {
      const status = await this.negotiations.status(rowId);
      const attributes = { ...ids, ...partner, ...textsOf(negotiationAttributes(status)) };
      const isOpen = status.state === 'open';
      return { ...named, workflowId: negotiation.workflowId(rowId), state: status.state, isOpen, attributes };
    }
    if (process === 'agreementAmendment') {
      const status = await this.amendments.status(rowId);
      const attributes = { ...ids, ...partner, ...textsOf(amendmentAttributes(status)) };
      const isOpen = !amendmentStates.isTerminal(status.state);
      return { ...named, workflowId: agreementAmendment.workflowId(rowId), state: status.state, isOpen, attributes };
    }
    const status = await this.envelopes.status(rowId);
    const attributes = { ...ids, ...partner, ...textsOf(envelopeAttributes(status)) };
    const isOpen = !['executed', 'declined', 'voided', 'expired', 'superseded'].includes(status.state);
    return { ...named, workflowId: signature.workflowId(negotiationId), state: status.state, isOpen, attributes };
  }
}

/** Attributes as lists are compared by. */
function textsOf({ stage, signatureStatus, awaitingRole, dueAt }: WaitingAttributes): AttributeTexts {
  return {
    ...(stage !== undefined && { [searchAttributes.stage.name]: [stage] }),
    ...(signatureStatus !== undefined && { [searchAttributes.signatureStatus.name]: [signatureStatus] }),
    [searchAttributes.awaitingRole.name]: awaitingRole,
    [searchAttributes.dueAt.name]: dueAt === null ? [] : [dueAt.toISOString()],
  };
}
