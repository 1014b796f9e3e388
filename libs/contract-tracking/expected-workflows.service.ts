import { Injectable } from '@nestjs/common';
import { NegotiationsService } from '../agreements/index.js';
import { Database } from '../database/index.js';
import { PartnerOnboardingService } from '../onboarding/index.js';
import {
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
  isInitial: boolean;
}

const open = Object.keys(applicationStages.table)
  .filter((stage) => !applicationStages.isTerminal(stage as keyof typeof applicationStages.table))
  .map((stage) => `'${stage}'`)
  .join(', ');

/** Everything that is open, and what ended since an instant. */
const queries: Readonly<Record<TrackedProcess, string>> = {
  partnerOnboarding: `select a.id, a.program_id as "programId", a.id as "applicationId", '' as "negotiationId", p.id as "partnerId",
      true as "isInitial"
    from applications a left join partners p on p.application_id = a.id
    where (a.stage in (${open}) or a.stage_since >= $1) and a.id > $2`,
  negotiation: `select n.id, n.program_id as "programId", n.application_id as "applicationId", n.id as "negotiationId",
      n.partner_id as "partnerId", n.kind = 'initial' as "isInitial"
    from negotiations n where (n.state = 'open' or n.state_since >= $1) and n.id > $2`,
  signature: `select e.id, e.program_id as "programId", e.application_id as "applicationId", e.negotiation_id as "negotiationId",
      e.partner_id as "partnerId", e.purpose = 'initial' as "isInitial"
    from envelopes e where (e.state not in ('executed', 'declined', 'voided', 'expired', 'superseded') or e.state_since >= $1)
      and e.state <> 'superseded' and e.id > $2`,
};

const tables: Readonly<Record<TrackedProcess, string>> = {
  partnerOnboarding: `select id from applications where id = any($1)`,
  negotiation: `select id from negotiations where id = any($1)`,
  // Before its envelope is made, a signature has the row of its negotiation alone.
  signature: `select id from negotiations where id = any($1)`,
};

/** What workflows there should be, by the rows. */
@Injectable()
export class ExpectedWorkflows {
  constructor(
    private readonly database: Database,
    private readonly onboarding: PartnerOnboardingService,
    private readonly negotiations: NegotiationsService,
    private readonly envelopes: EnvelopesService,
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
    const { id: rowId, programId, applicationId, negotiationId, partnerId, isInitial: isResumable } = row;
    const named = { process, rowId, programId, applicationId, isResumable };
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
