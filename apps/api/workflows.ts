import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { DomainError, type ErrorCode, type FieldError } from '../../libs/kernel/domain-error.js';
import { grpcCodeOf, grpcNotFound } from '../../libs/temporal/index.js';
import { meanings } from './edge/problem.js';
import { StillRunning } from './edge/still-running.js';

export interface UpdateOptions {
  /** From `@UpdateId()`: a repeat with the same id gets the first one's outcome. */
  updateId: string;
  /** Where the state can be polled; the `Location` of a 202. */
  location: string;
  /** How long the caller waits, in milliseconds. */
  timeoutMs?: number;
  /** What a workflow that has ended means: `illegal-transition` (the default) or `not-found`. */
  whenClosed?: Extract<ErrorCode, 'illegal-transition' | 'not-found'>;
}

const defaultTimeoutMs = 10_000;
/** What a request is refused with once it took effect: its state, or the link that ended by it. */
const codesOfEffect: readonly ErrorCode[] = ['illegal-transition', 'link-replaced'];
const missingPauseMs = 100;
const readyTimeoutMs = 3_000;
/** gRPC's CANCELLED and DEADLINE_EXCEEDED: how the client tells that a deadline of ours has passed. */
const deadlineCodes: readonly number[] = [1, 4];

/** The API's way to running workflows: updates whose failures are domain errors again. */
@Injectable()
export class Workflows implements OnApplicationShutdown {
  constructor(readonly client: Client) {}

  onApplicationShutdown(): Promise<void> {
    return this.client.connection.close();
  }

  /**
   * Sends an update and waits for its outcome.
   *
   * A workflow that isn't there yet is waited for: its start leaves by the outbox a moment after its row was committed,
   * so look at the row before.
   * @throws DomainError the code of the failure; `unavailable` when nothing answers; `whenClosed` when it has ended
   * @throws StillRunning when the update was accepted and isn't done in time
   */
  async update<Result, Argument>(
    workflowId: string,
    definition: UpdateDefinition<Result, [Argument]>,
    argument: Argument,
    options: UpdateOptions,
  ): Promise<Result> {
    const deadline = Date.now() + (options.timeoutMs ?? defaultTimeoutMs);
    const handle = await this.accepted(workflowId, definition, argument, options, deadline);
    try {
      return await this.client.withDeadline(deadline, () => handle.result());
    } catch (error) {
      if (isTimeout(error)) throw new StillRunning(options.location);
      throw asDomainError(error);
    }
  }

  /**
   * The outcome of an update whose first answer was lost, for a repeat of its request that is refused before it is sent
   * because the first one took effect.
   * @throws the refusal, where it isn't of the state or of the link, or no update by this id was taken
   * @throws StillRunning when it isn't done in time
   */
  async outcomeUnlessNew<Result>(refusal: unknown, workflowId: string, options: UpdateOptions): Promise<Result> {
    if (!(refusal instanceof DomainError) || !codesOfEffect.includes(refusal.code)) throw refusal;
    const outcome = await this.outcome<Result>(workflowId, options);
    if (outcome === undefined) throw refusal;
    return outcome;
  }

  private async outcome<Result>(
    workflowId: string,
    { updateId, location, timeoutMs = defaultTimeoutMs }: UpdateOptions,
  ): Promise<Result | undefined> {
    const handle = this.client.workflow.getHandle(workflowId).getUpdateHandle<Result>(updateId);
    try {
      return await this.client.withDeadline(Date.now() + timeoutMs, () => handle.result());
    } catch (error) {
      if (isTimeout(error)) throw new StillRunning(location);
      if (error instanceof WorkflowNotFoundError) return undefined;
      if (grpcCodeOf(error) === grpcNotFound) return undefined;
      throw asDomainError(error);
    }
  }

  /**
   * What a call of Temporal of one's own answers.
   * @throws DomainError `unavailable` where Temporal is away; anything else as it is
   */
  async asked<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      const isOwn = error instanceof WorkflowExecutionAlreadyStartedError || isTimeout(error);
      throw !isOwn && grpcCodeOf(error) !== undefined ? unavailable() : error;
    }
  }

  /** Answers when Temporal does. @throws DomainError `unavailable` */
  async ready(): Promise<void> {
    try {
      await this.client.withDeadline(Date.now() + readyTimeoutMs, () => this.client.workflowService.getSystemInfo({}));
    } catch {
      throw unavailable();
    }
  }

  private async accepted<Result, Argument>(
    workflowId: string,
    definition: UpdateDefinition<Result, [Argument]>,
    argument: Argument,
    { updateId, whenClosed = 'illegal-transition' }: UpdateOptions,
    deadline: number,
  ): Promise<WorkflowUpdateHandle<Result>> {
    const handle = this.client.workflow.getHandle(workflowId);
    const send = (): Promise<WorkflowUpdateHandle<Result>> =>
      handle.startUpdate<Result, [Argument]>(definition, {
        args: [argument],
        updateId,
        waitForStage: WorkflowUpdateStage.ACCEPTED,
      });
    for (;;) {
      try {
        return await this.client.withDeadline(deadline, send);
      } catch (error) {
        // Not accepted in time means that no worker looks at the workflow: nothing is promised yet.
        if (isTimeout(error)) throw unavailable();
        if (!(error instanceof WorkflowNotFoundError)) throw asDomainError(error);
        // An update that was taken is found by its id also after the end, which may be what it led to.
        if (await this.exists(workflowId, deadline)) throw new DomainError(whenClosed, 'this has ended');
        if (Date.now() + missingPauseMs >= deadline) throw unavailable();
        await pause(missingPauseMs);
      }
    }
  }

  /** A workflow that exists and takes no updates has ended. */
  private async exists(workflowId: string, deadline: number): Promise<boolean> {
    try {
      const { status } = await this.client.withDeadline(deadline, () =>
        this.client.workflow.getHandle(workflowId).describe(),
      );
      return status.name !== 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw isTimeout(error) ? unavailable() : asDomainError(error);
    }
  }
}

/** The domain error that a workflow's failure stands for; anything else as it is: a defect. */
function asDomainError(error: unknown): unknown {
  // The server or a worker went away in the middle of it: the same request may be sent again.
  if (grpcCodeOf(error) !== undefined) return unavailable();
  const failure = error instanceof WorkflowUpdateFailedError ? applicationFailure(error.cause) : undefined;
  if (!failure) return error;
  return new DomainError(failure.type as ErrorCode, failure.message, fieldErrors(failure.details?.[0]));
}

/** The failure with one of our codes, at any depth: an activity's is wrapped. */
function applicationFailure(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const isOurs = error instanceof ApplicationFailure && error.type != null && Object.hasOwn(meanings, error.type);
  return isOurs ? error : applicationFailure(error.cause);
}

function fieldErrors(detail: unknown): FieldError[] {
  if (!Array.isArray(detail)) return [];
  return detail.filter((item: Partial<FieldError> | null): item is FieldError => {
    return typeof item?.pointer === 'string' && typeof item.message === 'string';
  });
}

/** The client speaks of a deadline that passed in two ways: as an update's or as the call's own. */
function isTimeout(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  return deadlineCodes.includes(grpcCodeOf(error) ?? 0);
}

/** What callers are told while Temporal, or whoever works for it, is away. */
export function unavailable(): DomainError {
  return new DomainError('unavailable', 'the workflow does not answer; the same request may be sent again');
}
