/** How a workflow stands at the server; `MISSING` where the server knows none by this id. */
export type WorkflowStanding =
  | 'MISSING'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TERMINATED'
  | 'TIMED_OUT'
  | 'CONTINUED_AS_NEW'
  | 'UNKNOWN';

/** Search attributes as texts; an absent one is an empty list. Those that a row says nothing of are left out. */
export type AttributeTexts = Readonly<Record<string, readonly string[]>>;

export type TrackedProcess = 'partnerOnboarding' | 'negotiation' | 'signature' | 'agreementAmendment';

/** What a row says that its workflow should be. */
export interface ExpectedWorkflow {
  process: TrackedProcess;
  workflowId: string;
  /** The application, negotiation, envelope or amendment. */
  rowId: string;
  programId: string;
  /** The application that everything belongs to: its workflow is the parent of those of the first contract. */
  applicationId: string;
  /** The amendment that this is or belongs to, whose workflow is then the parent; null for a first contract. */
  amendmentId: string | null;
  state: string;
  /** Whether the row still waits for something. */
  isOpen: boolean;
  /** Whether its workflow can be begun anew from the row: of first contracts, by way of the application's, of changes by way of the amendment's. */
  isResumable: boolean;
  attributes: AttributeTexts;
}

/** What the server says of a workflow. */
export interface SeenWorkflow {
  standing: WorkflowStanding;
  /** The workflow's own answer; undefined where it was not or could not be asked. */
  state?: string | undefined;
  /** Asked, and silent: no worker looks at it. */
  isSilent?: boolean | undefined;
  /** How often its current task was tried; more than a few times means that its code fails. */
  taskAttempts?: number | undefined;
  /** As lists show them; undefined where lists do not show the workflow. */
  attributes?: AttributeTexts | undefined;
}

export type DifferenceKind =
  /** The row waits and there is no workflow. */
  | 'workflow_missing'
  /** The row waits and its workflow has ended. */
  | 'workflow_ended'
  /** The application is active and its workflow broke off: what follows the activation may be undone. */
  | 'workflow_broken_off'
  /** A workflow runs and there is no row. */
  | 'row_missing'
  /** The workflow believes another state than the row's. */
  | 'state_differs'
  | 'attribute_stale'
  /** The workflow's code fails: only another release mends that. */
  | 'task_failing'
  /** Nobody answers: no worker looks at the workflow. */
  | 'no_answer';

/** What brings row and workflow together again; `none` where only people can. */
export type Repair = 'resume' | 'refresh' | 'none';

export interface Difference {
  kind: DifferenceKind;
  process: TrackedProcess;
  workflowId: string;
  rowId: string;
  programId: string | null;
  applicationId: string | null;
  amendmentId: string | null;
  detail: string;
  repair: Repair;
}

/** A task that was tried this often does not fail by chance. */
export const failingAttempts = 3;

/** Everything in which a workflow differs from what its row says. */
export function differencesOf(expected: ExpectedWorkflow, seen: SeenWorkflow): Difference[] {
  const { standing } = seen;
  const resume = expected.isResumable ? 'resume' : 'none';
  const named = namer(expected);
  if (standing === 'RUNNING') return [...troubleOf(seen, named), ...factsOf(expected, seen, named)];
  if (expected.isOpen) {
    const detail = `the row is ${expected.state}`;
    if (standing === 'MISSING') return [named('workflow_missing', detail, resume)];
    return [named('workflow_ended', `${detail}, the workflow ${standing}`, resume)];
  }
  const isBrokenOff = expected.state === 'active' && standing !== 'COMPLETED' && standing !== 'MISSING';
  return isBrokenOff ? [named('workflow_broken_off', `the workflow ${standing}`, resume)] : [];
}

/** What is to be said of a workflow that runs without a row. The signal makes it look for its row, whereupon it ends. */
export function orphanDifferences(
  orphan: { process: TrackedProcess; workflowId: string; rowId: string; programId: string | null },
  seen: SeenWorkflow,
): Difference[] {
  const named = namer({ ...orphan, applicationId: null, amendmentId: null });
  return [named('row_missing', 'no row has this id', 'refresh'), ...troubleOf(seen, named)];
}

type Namer = (kind: DifferenceKind, detail: string, repair: Repair) => Difference;

function namer(
  of: Pick<Difference, 'process' | 'workflowId' | 'rowId' | 'programId' | 'applicationId' | 'amendmentId'>,
): Namer {
  const { process, workflowId, rowId, programId, applicationId, amendmentId } = of;
  const named = { process, workflowId, rowId, programId, applicationId, amendmentId };
  return (kind, detail, repair) => ({ ...named, kind, detail, repair });
}

function troubleOf({ taskAttempts = 0, isSilent }: SeenWorkflow, named: Namer): Difference[] {
  if (taskAttempts >= failingAttempts) {
    return [named('task_failing', `its task was tried ${taskAttempts} times`, 'none')];
  }
  return isSilent ? [named('no_answer', 'no worker answers for it', 'none')] : [];
}

function factsOf(expected: ExpectedWorkflow, { state, attributes }: SeenWorkflow, named: Namer): Difference[] {
  const differs = state !== undefined && state !== expected.state;
  const stale = attributes === undefined ? [] : staleAttributes(expected.attributes, attributes);
  return [
    ...(differs ? [named('state_differs', `the row is ${expected.state}, the workflow ${state}`, 'refresh')] : []),
    ...stale.map(({ name, wanted, shown }) =>
      named('attribute_stale', `${name} is ${shown}, the row says ${wanted}`, 'refresh'),
    ),
  ];
}

function staleAttributes(
  wanted: AttributeTexts,
  shown: AttributeTexts,
): { name: string; wanted: string; shown: string }[] {
  const text = (values: readonly string[] = []): string => [...values].sort().join(', ') || 'empty';
  return Object.keys(wanted)
    .filter((name) => text(wanted[name]) !== text(shown[name]))
    .map((name) => ({ name, wanted: text(wanted[name]), shown: text(shown[name]) }));
}
