import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
  type ChildWorkflowHandle,
  type Workflow,
} from '@temporalio/workflow';

/** How often, and how far apart, a child's start is tried while the one before it is ending: a minute in all. */
const mostStarts = 30;
const startAgainAfterMs = 2_000;

/**
 * Runs a child to its end. Should what it is about end first, the child is told by the signal `closed` to look at its row,
 * and what becomes of it no longer matters: undefined.
 */
export async function childUntilEnded<Result>(
  process: { type: string; workflowId: (id: string) => string },
  id: string,
  input: unknown,
  closed: string,
  hasEnded: () => boolean,
): Promise<Result | undefined> {
  const workflowId = process.workflowId(id);
  const child = await startOnceEnded(process.type, { workflowId, args: [input] });
  const finished = child.result() as Promise<Result>;
  let isFinished = false;
  const settled = finished.then(
    () => void (isFinished = true),
    () => void (isFinished = true),
  );
  await condition(() => isFinished || hasEnded());
  if (!hasEnded()) return finished;
  try {
    if (!isFinished) await getExternalWorkflowHandle(workflowId).signal(closed);
  } catch {
    // The child ended between the look and the signal: that is what the signal was for.
  }
  await settled;
  return undefined;
}

/** The child of a run that was broken off may still be about to end: its successor waits for that. */
async function startOnceEnded(
  type: string,
  options: { workflowId: string; args: unknown[] },
): Promise<ChildWorkflowHandle<Workflow>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startChild(type, { ...options, parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || attempt === mostStarts) throw error;
      await sleep(startAgainAfterMs);
    }
  }
}
