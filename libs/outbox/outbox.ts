import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import type { TaskQueue } from '../orchestration/task-queues.js';
import type { EventTypeName } from './domain/index.js';

export interface WorkflowStart {
  type: string;
  taskQueue: TaskQueue;
  workflowId: string;
  /** The workflow's one argument: ids and small facts. */
  input: unknown;
  /** Where a workflow with this id has ended, begin another one: for repairs alone. */
  again?: boolean;
}

export interface WorkflowSignal {
  workflowId: string;
  signal: string;
}

/** A mail names what it is about; names and addresses are read when it is sent, so that nothing personal waits here. */
export interface MailRequest {
  template: string;
  /** The row that the template is filled from. */
  subjectId: string;
  /** The person or, for the company's side, the role that gets it. */
  to: { personId: string } | { role: string };
  details?: Record<string, string | number>;
  /** The mail that this one is sent again for. */
  resendOf?: string;
}

export interface DomainEvent {
  type: EventTypeName;
  subjectId: string;
  data?: Record<string, unknown>;
}

type Kind =
  'workflow_start' | 'workflow_signal' | 'program_schedules' | 'mail' | 'mail_event' | 'domain_event' | 'rail_event';

/**
 * What a transaction wants to happen outside of it: rows that leave only once it has committed. Workflow starts, Schedules,
 * mails and what providers told us are delivered by the worker, at least once; domain events are read from the feed and
 * fanned out to webhooks.
 */
@Injectable()
export class Outbox {
  constructor(private readonly clock: Clock) {}

  startWorkflow(tx: Transaction, programId: string, start: WorkflowStart): Promise<void> {
    return this.add(tx, programId, 'workflow_start', start.workflowId, start);
  }

  signalWorkflow(tx: Transaction, programId: string, signal: WorkflowSignal): Promise<void> {
    return this.add(tx, programId, 'workflow_signal', signal.workflowId, signal);
  }

  /** The program's Schedules are to follow its current version. */
  followSchedules(tx: Transaction, programId: string): Promise<void> {
    return this.add(tx, programId, 'program_schedules', programId, {});
  }

  /** The mail's id, under which the log tells what becomes of it. */
  async mail(tx: Transaction, programId: string, mail: MailRequest): Promise<string> {
    const id = newId('mal');
    const { template, subjectId, to, details = {}, resendOf } = mail;
    const [personId, role] = 'role' in to ? [null, to.role] : [to.personId, null];
    await tx.query(
      `insert into mails (id, program_id, template, subject_id, person_id, role, details, state, resend_of, created_at, state_since)
       values ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $9)`,
      [id, programId, template, subjectId, personId, role, JSON.stringify(details), resendOf ?? null, this.clock.now()],
    );
    await this.add(tx, programId, 'mail', subjectId, mail, id);
    return id;
  }

  announce(tx: Transaction, programId: string, event: DomainEvent): Promise<void> {
    return this.add(tx, programId, 'domain_event', event.subjectId, event);
  }

  /** Several events in one statement, for what moves many rows at once. */
  async announceAll(tx: Transaction, programId: string, events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map((event) => ({ id: newId('evt'), subject_id: event.subjectId, payload: event }));
    await tx.query(
      `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at)
       select id, $1, 'domain_event', subject_id, payload, $2, $2
       from jsonb_to_recordset($3) as message (id text, subject_id text, payload jsonb)`,
      [programId, this.clock.now(), JSON.stringify(rows)],
    );
    await tx.query(`select pg_notify('outbox_messages', 'domain_event')`);
  }

  /**
   * An event that the rail told us of, to be looked at (fetched again and applied) outside the webhook's request, and not
   * before `afterMs` have passed.
   */
  async railEvent(
    tx: Transaction,
    programId: string,
    event: { rail: string; eventId: string },
    afterMs = 0,
  ): Promise<void> {
    const now = this.clock.now();
    await tx.query(
      `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at)
       values ($1, $2, 'rail_event', $3, $4, $5, $6)`,
      [newId('evt'), programId, event.eventId, JSON.stringify(event), now, new Date(now.getTime() + afterMs)],
    );
    if (afterMs === 0) await tx.query(`select pg_notify('outbox_messages', 'rail_event')`);
  }

  /** What the mail provider told us of one mail, to be applied outside the webhook's request. */
  mailEvent(tx: Transaction, event: { eventId: string }): Promise<void> {
    return this.add(tx, '*', 'mail_event', event.eventId, event);
  }

  private async add(
    tx: Transaction,
    programId: string,
    kind: Kind,
    subjectId: string,
    payload: unknown,
    id = newId('evt'),
  ): Promise<void> {
    const now = this.clock.now();
    await tx.query(
      `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at)
       values ($1, $2, $3, $4, $5, $6, $6)`,
      [id, programId, kind, subjectId, JSON.stringify(payload), now],
    );
    // Delivered on commit: the dispatcher of some worker wakes at once instead of at its next look.
    await tx.query(`select pg_notify('outbox_messages', $1)`, [kind]);
  }
}
