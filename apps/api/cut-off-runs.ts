import { Injectable } from '@nestjs/common';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { Settings } from '../../libs/platform/index.js';
import { grpcCodeOf } from '../../libs/temporal/index.js';
import { StillRunning } from './edge/index.js';
import { unavailable, Workflows } from './workflows.js';

const waitMs = 60_000;
/** Temporal takes a start at once or is away. */
const startWithinMs = 5_000;
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
   * @throws DomainError `unavailable` while Temporal is away: the same request goes on when it is back
   * @throws StillRunning after a minute, with where to look
   */
  async run<Result>(
    process: { type: string; taskQueue: string },
    workflowId: string,
    input: unknown,
    location: string,
  ): Promise<Result> {
    const { client } = this.workflows;
    await this.start(process, workflowId, input);
    try {
      return await this.workflows.asked(() =>
        client.withDeadline(
          Date.now() + waitMs,
          () => client.workflow.getHandle(workflowId).result() as Promise<Result>,
        ),
      );
    } catch (error) {
      if (grpcCodeOf(error) === deadlineExceeded) throw new StillRunning(location);
      throw error;
    }
  }
  /** Starts the run unless it was started before. */
  private async start(process: { type: string; taskQueue: string }, workflowId: string, input: unknown): Promise<void> {
    const { client } = this.workflows;
    const start = () =>
      client.workflow.start(process.type, {
        workflowId,
        taskQueue: `${this.settings.env.TASK_QUEUE_PREFIX}${process.taskQueue}`,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      });
    try {
      await this.workflows.asked(() => client.withDeadline(Date.now() + startWithinMs, start));
    } catch (error) {
      if (grpcCodeOf(error) === deadlineExceeded) throw unavailable();
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
