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
    const [id = ''] = await this.mailAll(tx, programId, [mail]);
    return id;
  }

  /** Several mails in two statements, for what many people are told at once; their ids, in the order of the mails. */
  async mailAll(tx: Transaction, programId: string, mails: readonly MailRequest[]): Promise<string[]> {
    if (mails.length === 0) return [];
    const rows = mails.map((mail) => ({
      ...{ id: newId('mal'), template: mail.template, subject_id: mail.subjectId },
      person_id: 'personId' in mail.to ? mail.to.personId : null,
      role: 'role' in mail.to ? mail.to.role : null,
      ...{ details: mail.details ?? {}, resend_of: mail.resendOf ?? null, payload: mail },
    }));
    const now = this.clock.now();
    await tx.query(
      `insert into mails (id, program_id, template, subject_id, person_id, role, details, state, resend_of, created_at, state_since)
       select id, $1, template, subject_id, person_id, role, details, 'queued', resend_of, $2, $2
       from jsonb_to_recordset($3) as mail (id text, template text, subject_id text, person_id text, role text,
         details jsonb, resend_of text)`,
      [programId, now, JSON.stringify(rows)],
    );
    await this.addAll(tx, programId, 'mail', rows);
    return rows.map(({ id }) => id);
  }

  announce(tx: Transaction, programId: string, event: DomainEvent): Promise<void> {
    return this.add(tx, programId, 'domain_event', event.subjectId, event);
  }

  /** Several events in one statement, for what moves many rows at once. */
  async announceAll(tx: Transaction, programId: string, events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map((event) => ({ id: newId('evt'), subject_id: event.subjectId, payload: event }));
    await this.addAll(tx, programId, 'domain_event', rows);
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

  private add(
    tx: Transaction,
    programId: string,
    kind: Kind,
    subjectId: string,
    payload: unknown,
    id = newId('evt'),
  ): Promise<void> {
    return this.addAll(tx, programId, kind, [{ id, subject_id: subjectId, payload }]);
  }

  private async addAll(
    tx: Transaction,
    programId: string,
    kind: Kind,
    messages: readonly { id: string; subject_id: string; payload: unknown }[],
  ): Promise<void> {
    const rows = messages.map(({ id, subject_id, payload }) => ({ id, subject_id, payload }));
    await tx.query(
      `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at)
       select id, $1, $2, subject_id, payload, $3, $3
       from jsonb_to_recordset($4) as message (id text, subject_id text, payload jsonb)`,
      [programId, kind, this.clock.now(), JSON.stringify(rows)],
    );
    // Delivered on commit: the dispatcher of some worker wakes at once instead of at its next look.
    await tx.query(`select pg_notify('outbox_messages', $1)`, [kind]);
  }
}
