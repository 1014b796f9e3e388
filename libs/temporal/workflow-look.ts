import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import type { QueryDefinition } from '@temporalio/common';
import { searchAttributes } from '../orchestration/search-attributes.js';
import { grpcCodeOf } from './grpc-code.js';

/** A workflow as lists show it. */
export interface ListedWorkflow {
  workflowId: string;
  type: string;
  /** Search attributes as texts, by name; an absent one is not there. */
  attributes: Record<string, string[]>;
}

/** How a workflow stands: `MISSING` where the server knows none by this id, else the server's own word. */
export interface DescribedWorkflow {
  standing: string;
  /** How often its current task was tried; 0 where none is waiting. */
  taskAttempts: number;
}

/** What a workflow answered; silent where nobody did in time, undefined where it knows no such question. */
export type Answer<Result> = { value: Result } | 'silent' | undefined;

const answerWithinMs = 5_000;
const idsAtOnce = 50;

/** Looks at the workflows of one task queue without touching them. */
export class WorkflowLook {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
  ) {}

  /** Every running workflow of these types on the queue. */
  async *running(types: readonly string[]): AsyncGenerator<ListedWorkflow> {
    const names = types.map((type) => `'${type}'`).join(', ');
    const query = `ExecutionStatus = 'Running' and TaskQueue = '${this.taskQueue}' and WorkflowType in (${names})`;
    for await (const info of this.client.workflow.list({ query, pageSize: 500 })) yield listedOf(info);
  }

  /** These workflows, as far as they run, as lists show them now. */
  async listed(workflowIds: readonly string[]): Promise<Map<string, ListedWorkflow>> {
    const found = new Map<string, ListedWorkflow>();
    for (let start = 0; start < workflowIds.length; start += idsAtOnce) {
      const ids = workflowIds.slice(start, start + idsAtOnce).map((id) => `'${id.replaceAll("'", "''")}'`);
      const query = `ExecutionStatus = 'Running' and WorkflowId in (${ids.join(', ')})`;
      for await (const info of this.client.workflow.list({ query })) found.set(info.workflowId, listedOf(info));
    }
    return found;
  }

  /** How the newest run by this id stands. */
  async describe(workflowId: string): Promise<DescribedWorkflow> {
    try {
      const { status, raw } = await this.client.workflow.getHandle(workflowId).describe();
      return { standing: status.name, taskAttempts: raw.pendingWorkflowTask?.attempt ?? 0 };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { standing: 'MISSING', taskAttempts: 0 };
      throw error;
    }
  }

  /** Asks a running workflow what it knows. */
  async ask<Result>(workflowId: string, definition: QueryDefinition<Result>): Promise<Answer<Result>> {
    try {
      const handle = this.client.workflow.getHandle(workflowId);
      const deadline = Date.now() + answerWithinMs;
      return { value: await this.client.withDeadline(deadline, () => handle.query(definition)) };
    } catch (error) {
      // A run of an earlier release, and one that ended in between, has nothing to say.
      if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return undefined;
      // The server had nobody to hand the question to, or nobody answered in time.
      if (grpcCodeOf(error) !== undefined) return 'silent';
      throw error;
    }
  }
}

function listedOf({ workflowId, type, typedSearchAttributes }: WorkflowExecutionInfo): ListedWorkflow {
  const attributes: Record<string, string[]> = {};
  for (const key of Object.values(searchAttributes)) {
    const value: unknown = typedSearchAttributes.get(key);
    if (value !== undefined) attributes[key.name] = (Array.isArray(value) ? value : [value]).map(textOf);
  }
  return { workflowId, type, attributes };
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}
