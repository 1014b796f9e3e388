import { setTimeout as pause } from 'node:timers/promises';
import {
  differencesOf,
  ExpectedWorkflows,
  failingAttempts,
  orphanDifferences,
  type Difference,
  type ExpectedWorkflow,
  type SeenWorkflow,
  type TrackedProcess,
  type WorkflowStanding,
} from '../../libs/contract-tracking/index.js';
import {
  agreementAmendment,
  amendmentStanding,
  applicationStanding,
  envelopeStanding,
  negotiation,
  negotiationStanding,
  partnerOnboarding,
  signature,
} from '../../libs/orchestration/index.js';
import type { ListedWorkflow, WorkflowLook } from '../../libs/temporal/index.js';
import { forEachLimited } from '../client/index.js';

/** Workflows that are looked at side by side; a question wakes a workflow at its worker. */
const sideBySide = 8;
/** What moves just now is looked at again after this long, in milliseconds: only what stays is a difference. */
const settlesWithinMs = 2_000;

const processes: readonly TrackedProcess[] = ['partnerOnboarding', 'negotiation', 'signature', 'agreementAmendment'];
const prefixes: Readonly<Record<TrackedProcess, string>> = {
  partnerOnboarding: partnerOnboarding.workflowId(''),
  negotiation: negotiation.workflowId(''),
  signature: signature.workflowId(''),
  agreementAmendment: agreementAmendment.workflowId(''),
};

export interface CheckResult {
  /** Rows whose workflows were looked at, and workflows that run. */
  rows: number;
  running: number;
  differences: Difference[];
}

/** Compares rows with their workflows' own state and search attributes. It changes nothing. */
export class WorkflowCheck {
  constructor(
    private readonly expectations: ExpectedWorkflows,
    private readonly look: WorkflowLook,
  ) {}

  /** Of all that is open, and of what ended at or after `since`; what differed for a moment only is left out. */
  async run(since: Date): Promise<CheckResult> {
    const running = new Map<string, ListedWorkflow>();
    for await (const workflow of this.look.running(processes)) running.set(workflow.workflowId, workflow);
    const suspects: ExpectedWorkflow[] = [];
    let rows = 0;
    for (const process of processes) {
      for await (const batch of this.expectations.all(process, since)) {
        rows += batch.length;
        const differing = await this.differing(batch, running);
        suspects.push(...batch.filter((expected) => differing.has(expected)));
      }
    }
    const orphans = await this.orphans(running);
    if (suspects.length + orphans.length > 0) await pause(settlesWithinMs);
    const differences = [...(await this.again(suspects)), ...(await this.orphansAgain(orphans))];
    return { rows, running: running.size, differences: differences.sort(byName) };
  }

  private async again(suspects: readonly ExpectedWorkflow[]): Promise<Difference[]> {
    const listed = await this.look.listed(suspects.map(({ workflowId }) => workflowId));
    const found = await Promise.all(suspects.map((suspect) => this.expectations.again(suspect)));
    const now = found.filter((expected) => expected !== undefined);
    return [...(await this.differing(now, listed)).values()].flat();
  }

  /** What differs, by the row that it differs from. */
  private async differing(
    batch: readonly ExpectedWorkflow[],
    listed: ReadonlyMap<string, ListedWorkflow>,
  ): Promise<Map<ExpectedWorkflow, Difference[]>> {
    const found = new Map<ExpectedWorkflow, Difference[]>();
    await forEachLimited(batch, sideBySide, async (expected) => {
      const seen = await this.see(expected.process, expected.workflowId, listed.get(expected.workflowId));
      const differences = differencesOf(expected, seen);
      if (differences.length > 0) found.set(expected, differences);
    });
    return found;
  }

  private async see(
    process: TrackedProcess,
    workflowId: string,
    listed: ListedWorkflow | undefined,
  ): Promise<SeenWorkflow> {
    const { standing, taskAttempts } = await this.look.describe(workflowId);
    const seen = { standing: standing as WorkflowStanding, taskAttempts, attributes: listed?.attributes };
    // Whose code fails would answer no question.
    if (standing !== 'RUNNING' || taskAttempts >= failingAttempts) return seen;
    const answer = await this.ask(process, workflowId);
    return answer === 'silent' ? { ...seen, isSilent: true } : { ...seen, state: answer };
  }

  private async ask(process: TrackedProcess, workflowId: string): Promise<string | undefined> {
    if (process === 'partnerOnboarding') {
      const answer = await this.look.ask(workflowId, applicationStanding);
      return typeof answer === 'object' ? answer.value.stage : answer;
    }
    if (process === 'negotiation') {
      const answer = await this.look.ask(workflowId, negotiationStanding);
      return typeof answer === 'object' ? answer.value?.state : answer;
    }
    if (process === 'agreementAmendment') {
      const answer = await this.look.ask(workflowId, amendmentStanding);
      return typeof answer === 'object' ? answer.value?.state : answer;
    }
    const answer = await this.look.ask(workflowId, envelopeStanding);
    if (typeof answer !== 'object') return answer;
    return answer.value.state === 'unsent' ? undefined : answer.value.state;
  }

  /** Workflows that run without a row. */
  private async orphans(running: ReadonlyMap<string, ListedWorkflow>): Promise<ListedWorkflow[]> {
    const found: ListedWorkflow[] = [];
    for (const process of processes) {
      const own = [...running.values()].filter(({ type }) => type === process);
      const withRows = await this.expectations.withRows(process, own.map(rowIdOf));
      found.push(...own.filter((workflow) => !withRows.has(rowIdOf(workflow))));
    }
    return found;
  }

  private async orphansAgain(orphans: readonly ListedWorkflow[]): Promise<Difference[]> {
    const listed = await this.look.listed(orphans.map(({ workflowId }) => workflowId));
    const differences: Difference[] = [];
    for (const orphan of await this.orphans(listed)) {
      const process = orphan.type as TrackedProcess;
      const { workflowId, attributes } = orphan;
      const seen = await this.see(process, workflowId, orphan);
      const programId = attributes['ProgramId']?.[0] ?? null;
      differences.push(...orphanDifferences({ process, workflowId, rowId: rowIdOf(orphan), programId }, seen));
    }
    return differences;
  }
}

/** The id of the row in that of the workflow; a run for a time-stamp alone has a part of its own behind it. */
function rowIdOf({ type, workflowId }: ListedWorkflow): string {
  return workflowId.slice(prefixes[type as TrackedProcess].length).split('/')[0] ?? '';
}

function byName(a: Difference, b: Difference): number {
  const [first, second] = [`${a.workflowId} ${a.kind} ${a.detail}`, `${b.workflowId} ${b.kind} ${b.detail}`];
  return first < second ? -1 : first > second ? 1 : 0;
}
