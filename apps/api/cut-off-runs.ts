import { Injectable } from '@nestjs/common';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { Settings } from '../../libs/platform/index.js';
import { grpcCodeOf } from '../../libs/temporal/index.js';
import { StillRunning } from './edge/index.js';
import { Workflows } from './workflows.js';

const waitMs = 60_000;
/** gRPC's status for a deadline that has passed. */
const deadlineExceeded = 4;

/** What schedules do by themselves, on request: one run per cut-off. */
@Injectable()
export class CutOffRuns {
  constructor(
    private readonly workflows: Workflows,
    private readonly settings: Settings,
  ) {}

  /**
   * Starts the run, or joins the one with the same cut-off, and waits for its result.
   * @throws StillRunning after a minute, with where to look
   */
  async run<Result>(
    process: { type: string; taskQueue: string },
    workflowId: string,
    input: unknown,
    location: string,
  ): Promise<Result> {
    const { client } = this.workflows;
    try {
      await client.workflow.start(process.type, {
        workflowId,
        taskQueue: `${this.settings.env.TASK_QUEUE_PREFIX}${process.taskQueue}`,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      return await client.withDeadline(
        Date.now() + waitMs,
        () => client.workflow.getHandle(workflowId).result() as Promise<Result>,
      );
    } catch (error) {
      if (grpcCodeOf(error) === deadlineExceeded) throw new StillRunning(location);
      throw error;
    }
  }
}
