import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import type { MailInbox, MailSender } from '../../libs/notifications/index.js';
import { searchAttributes } from '../../libs/orchestration/index.js';
import type { Deliver, MailRequest, OutboxMessage, WorkflowSignal, WorkflowStart } from '../../libs/outbox/index.js';
import type { PayoutsService } from '../../libs/payouts/index.js';
import type { ProgramsService } from '../../libs/programs/index.js';
import { followProgram } from './program-schedules.js';

export interface DeliveryTargets {
  client: Client;
  taskQueuePrefix: string;
  mails: MailSender;
  mailInbox: MailInbox;
  payouts: PayoutsService;
  programs: ProgramsService;
}

/** How each kind of outbox message leaves. All of them bear being delivered twice. */
export function deliveries(targets: DeliveryTargets): Record<OutboxMessage['kind'], Deliver> {
  return {
    workflow_start: ({ payload }) => startWorkflow(targets, payload as WorkflowStart),
    workflow_signal: ({ payload }) => signalWorkflow(targets, payload as WorkflowSignal),
    program_schedules: async ({ program_id }) => followProgram(targets, await targets.programs.get(program_id)),
    mail: ({ id, program_id, payload }) => targets.mails.send(id, program_id, payload as MailRequest),
    mail_event: ({ payload }) => targets.mailInbox.apply(payload as { eventId: string }),
    rail_event: ({ payload }) => targets.payouts.applyRailEvent(payload as { rail: string; eventId: string }),
  };
}

/**
 * The row's id is in the workflow's id: a second delivery finds the workflow there, running or ended, and is done. A
 * repair begins anew what has ended; a second delivery of it finds the new run, or one that reads its row and ends.
 */
async function startWorkflow({ client, taskQueuePrefix }: DeliveryTargets, start: WorkflowStart): Promise<void> {
  const { type, taskQueue, workflowId, input, again } = start;
  try {
    await client.workflow.start(type, {
      workflowId,
      taskQueue: `${taskQueuePrefix}${taskQueue}`,
      args: [input],
      workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
      // From its first instant on it is found under its program, even by who looks before it has run.
      typedSearchAttributes: programAttribute(input),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function programAttribute(input: unknown): SearchAttributePair[] {
  const { programId } = (input ?? {}) as { programId?: unknown };
  return typeof programId === 'string' ? [{ key: searchAttributes.programId, value: programId }] : [];
}

/** A signal is a hint to look at the rows; a workflow that ended in between needs none. */
async function signalWorkflow({ client }: DeliveryTargets, { workflowId, signal }: WorkflowSignal): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
