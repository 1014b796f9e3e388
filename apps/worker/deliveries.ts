import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { MailDeliveryError, type MailSender } from '../../libs/notifications/index.js';
import type { Deliver, MailRequest, OutboxMessage, WorkflowSignal, WorkflowStart } from '../../libs/outbox/index.js';
import type { PayoutsService } from '../../libs/payouts/index.js';
import type { ProgramsService } from '../../libs/programs/index.js';
import type { EnvelopeDeliveries } from '../../libs/signatures/index.js';
import { ensureSchedules } from '../../libs/temporal/index.js';

export interface DeliveryTargets {
  client: Client;
  taskQueuePrefix: string;
  mails: MailSender;
  envelopeMails: EnvelopeDeliveries;
  payouts: PayoutsService;
  programs: ProgramsService;
}

/** How each kind of outbox message leaves. All of them bear being delivered twice. */
export function deliveries(targets: DeliveryTargets): Record<OutboxMessage['kind'], Deliver> {
  return {
    workflow_start: ({ payload }) => startWorkflow(targets, payload as WorkflowStart),
    workflow_signal: ({ payload }) => signalWorkflow(targets, payload as WorkflowSignal),
    program_schedules: ({ program_id }) => followProgram(targets, program_id),
    mail: ({ id, program_id, payload }) => sendMail(targets, id, program_id, payload as MailRequest),
    rail_event: ({ payload }) => targets.payouts.applyRailEvent(payload as { rail: string; eventId: string }),
  };
}

/** What became of a mail to a signer is a fact of its envelope: that it left, or that the server refused it for good. */
async function sendMail(
  { mails, envelopeMails }: DeliveryTargets,
  mailId: string,
  programId: string,
  mail: MailRequest,
): Promise<void> {
  const isToSigner = mail.details?.['recipientId'] !== undefined;
  try {
    await mails.send(mailId, programId, mail);
  } catch (error) {
    const isRefused = error instanceof MailDeliveryError && error.permanent;
    if (isToSigner && isRefused)
      await envelopeMails.note({ mailId, outcome: 'bounced', reason: `reply ${error.replyCode}` });
    throw error;
  }
  if (isToSigner) await envelopeMails.note({ mailId, outcome: 'sent' });
}

/** The row's id is in the workflow's id: a second delivery finds the workflow there, running or ended, and is done. */
async function startWorkflow({ client, taskQueuePrefix }: DeliveryTargets, start: WorkflowStart): Promise<void> {
  const { type, taskQueue, workflowId, input } = start;
  try {
    await client.workflow.start(type, {
      workflowId,
      taskQueue: `${taskQueuePrefix}${taskQueue}`,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** The version that is written last must be the current one: should it change meanwhile, the newer one is written too. */
async function followProgram({ client, taskQueuePrefix, programs }: DeliveryTargets, programId: string): Promise<void> {
  let written: number | undefined;
  for (
    let program = await programs.get(programId);
    program.version !== written;
    program = await programs.get(programId)
  ) {
    await ensureSchedules(client, { programId, document: program.document, taskQueuePrefix });
    written = program.version;
  }
}

/** A signal is a hint to look at the rows; a workflow that ended in between needs none. */
async function signalWorkflow({ client }: DeliveryTargets, { workflowId, signal }: WorkflowSignal): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
