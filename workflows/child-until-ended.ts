import { condition, getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';

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
  const child = await startChild(process.type, {
    workflowId,
    args: [input],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  });
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
