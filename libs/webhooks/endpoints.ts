import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { EndpointSecrets } from './endpoint-secrets.js';
import { toView, type DisabledBecause, type EndpointRow, type EndpointView } from './rows.js';
import { TargetPolicy } from './target-policy.js';

export interface NewEndpoint {
  /** A program's id, or `*`. */
  programId: string;
  url: string;
  description?: string | undefined;
  /** Types and `<subject>.*`; empty for all. */
  eventTypes: readonly string[];
}

export interface EndpointChanges {
  url?: string | undefined;
  description?: string | undefined;
  eventTypes?: readonly string[] | undefined;
}

/** Every endpoint has deliveries of its own on their way at a time: their number is bounded by that of the endpoints. */
const maxEndpoints = 50;
const sort = 'id desc';

/** The company's webhooks: where events go, which ones, and what they are signed with. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly secrets: EndpointSecrets,
    private readonly policy: TargetPolicy,
  ) {}

  /** A new endpoint with its secret, which is never shown again. @throws DomainError `invalid-document`, `not-found` */
  async create(input: NewEndpoint, actor: Actor): Promise<EndpointView & { secret: string }> {
    await this.policy.check(input.url);
    const id = newId('whk');
    const secret = this.secrets.make();
    const { sealed, keyId } = this.secrets.seal(id, secret);
    return this.database.inTransaction(async (tx) => {
      await this.refuseTooMany(tx, input.programId);
      const row = await rowOf<EndpointRow>(
        tx,
        `insert into webhook_endpoints (id, program_id, url, description, event_types, state, secret, secret_key_id, created_by,
           created_at, state_since)
         values ($1, $2, $3, $4, $5, 'enabled', $6, $7, $8, $9, $9) returning *`,
        [
          ...[id, input.programId, input.url, input.description ?? null, input.eventTypes, sealed, keyId],
          ...[actor.actorId, this.clock.now()],
        ],
      );
      await this.record(tx, row!, 'create', actor, { eventTypes: input.eventTypes });
      return { ...toView(row!), secret };
    });
  }

  /** @throws DomainError `not-found` */
  async get(id: string): Promise<EndpointView> {
    const [row] = await this.database.query<EndpointRow>(
      `select * from webhook_endpoints where id = $1 and state <> 'deleted'`,
      [id],
    );
    if (!row) throw new DomainError('not-found', `no webhook ${id}`);
    return toView(row);
  }

  /** The endpoints of some programs (`*`: of all, and those for all programs), newest first. */
  async list(programs: '*' | readonly string[], request: PageRequest): Promise<Page<EndpointView>> {
    const [after] = decodeCursor(request.cursor, sort, ['text']);
    const limit = pageLimit(request);
    const rows = await this.database.query<EndpointRow>(
      `select * from webhook_endpoints where state <> 'deleted' and ($1::text[] is null or program_id = any($1))
         and ($2::text is null or id < $2) order by id desc limit $3`,
      [programs === '*' ? null : programs, after, limit + 1],
    );
    return mapPage(
      pageFrom(rows, limit, sort, ({ id }) => [id]),
      toView,
    );
  }

  /** @throws DomainError `not-found`, `invalid-document` */
  async change(id: string, changes: EndpointChanges, actor: Actor): Promise<EndpointView> {
    if (changes.url !== undefined) await this.policy.check(changes.url);
    return this.database.inTransaction(async (tx) => {
      await this.lock(tx, id);
      const row = await rowOf<EndpointRow>(
        tx,
        `update webhook_endpoints set url = coalesce($2, url), description = coalesce($3, description),
           event_types = coalesce($4, event_types) where id = $1 returning *`,
        [id, changes.url ?? null, changes.description ?? null, changes.eventTypes ?? null],
      );
      await this.record(tx, row!, 'change', actor, { changed: Object.keys(changes) });
      return toView(row!);
    });
  }

  /** Switches an endpoint on: what waited for it goes out at once. @throws DomainError `not-found`, `illegal-transition` */
  enable(id: string, actor: Actor): Promise<EndpointView> {
    return this.database.inTransaction(async (tx) => {
      const { state } = await this.lock(tx, id);
      if (state === 'enabled') throw new DomainError('illegal-transition', 'webhook: it is enabled already');
      const row = await rowOf<EndpointRow>(
        tx,
        `update webhook_endpoints set state = 'enabled', disabled_because = null, failing_since = null, state_since = $2
         where id = $1 returning *`,
        [id, this.clock.now()],
      );
      await tx.query(
        `update webhook_deliveries set next_attempt_at = now(), tries = 0 where endpoint_id = $1 and state = 'pending'`,
        [id],
      );
      await this.record(tx, row!, 'enable', actor, {}, { fromState: state, toState: 'enabled' });
      return toView(row!);
    });
  }

  /** Switches an endpoint off: it gets no more events. @throws DomainError `not-found`, `illegal-transition` */
  disable(id: string, actor: Actor): Promise<EndpointView> {
    return this.database.inTransaction(async (tx) => {
      const { state } = await this.lock(tx, id);
      if (state === 'disabled') throw new DomainError('illegal-transition', 'webhook: it is disabled already');
      return toView(await this.switchOff(tx, id, 'person', actor));
    });
  }

  /** Switches an endpoint off by itself, once, and tells the admins of the program whose event was on its way. */
  async giveUp(
    tx: Transaction,
    id: string,
    because: Exclude<DisabledBecause, 'person'>,
    programId: string,
  ): Promise<void> {
    const { state } = await this.lock(tx, id);
    if (state !== 'enabled') return;
    await this.switchOff(tx, id, because, systemActor);
    await this.outbox.announce(tx, programId, { type: 'webhook.disabled', subjectId: id, data: { because } });
    await this.outbox.mail(tx, programId, { template: 'webhook-disabled', subjectId: id, to: { role: 'admin' } });
  }

  /** Takes an endpoint away, with its secrets; its log stays. @throws DomainError `not-found` */
  delete(id: string, actor: Actor): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const { state } = await this.lock(tx, id);
      const row = await rowOf<EndpointRow>(
        tx,
        `update webhook_endpoints set state = 'deleted', state_since = $2, secret = null, secret_key_id = null,
           previous_secret = null, previous_secret_key_id = null, previous_secret_until = null where id = $1 returning *`,
        [id, this.clock.now()],
      );
      await tx.query(`update webhook_deliveries set state = 'cancelled' where endpoint_id = $1 and state = 'pending'`, [
        id,
      ]);
      await this.record(tx, row!, 'delete', actor, {}, { fromState: state, toState: 'deleted' });
    });
  }

  /**
   * A new secret; the one before stays good for `overlapMs`, and deliveries carry both signatures that long. A secret
   * before that one ends at once.
   *
   * @throws DomainError `not-found`
   */
  rotate(id: string, overlapMs: number, actor: Actor): Promise<EndpointView & { secret: string }> {
    const secret = this.secrets.make();
    const { sealed, keyId } = this.secrets.seal(id, secret);
    return this.database.inTransaction(async (tx) => {
      await this.lock(tx, id);
      const row = await rowOf<EndpointRow>(
        tx,
        `update webhook_endpoints set previous_secret = secret, previous_secret_key_id = secret_key_id,
           previous_secret_until = $4, secret = $2, secret_key_id = $3 where id = $1 returning *`,
        [id, sealed, keyId, new Date(this.clock.now().getTime() + overlapMs)],
      );
      await this.record(tx, row!, 'rotate', actor, { previousSecretUntil: row!.previous_secret_until });
      return { ...toView(row!), secret };
    });
  }

  /** The endpoint, locked until the transaction ends. @throws DomainError `not-found` */
  async lock(tx: Transaction, id: string): Promise<EndpointRow> {
    const row = await rowOf<EndpointRow>(
      tx,
      `select * from webhook_endpoints where id = $1 and state <> 'deleted' for update`,
      [id],
    );
    if (!row) throw new DomainError('not-found', `no webhook ${id}`);
    return row;
  }

  private async switchOff(tx: Transaction, id: string, because: DisabledBecause, actor: Actor): Promise<EndpointRow> {
    const row = await rowOf<EndpointRow>(
      tx,
      `update webhook_endpoints set state = 'disabled', disabled_because = $2, state_since = $3 where id = $1 returning *`,
      [id, because, this.clock.now()],
    );
    await this.record(tx, row!, 'disable', actor, { because }, { fromState: 'enabled', toState: 'disabled' });
    return row!;
  }

  private async refuseTooMany(tx: Transaction, programId: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext($1))`, [programId]);
    if (programId !== '*' && !(await rowOf(tx, `select 1 from programs where id = $1`, [programId]))) {
      throw new DomainError('not-found', `no program ${programId}`);
    }
    const sql = `select count(*)::int as count from webhook_endpoints where program_id = $1 and state <> 'deleted'`;
    const { count } = (await rowOf<{ count: number }>(tx, sql, [programId]))!;
    if (count < maxEndpoints) return;
    throw new DomainError('invalid-document', `there are ${maxEndpoints} webhooks already: delete one first`);
  }

  private record(
    tx: Transaction,
    { id, program_id: programId }: EndpointRow,
    action: string,
    actor: Actor,
    details: Record<string, unknown>,
    states: { fromState?: string; toState?: string } = {},
  ): Promise<void> {
    return this.audit.record(tx, {
      ...actor,
      programId,
      action: `webhook.${action}`,
      subjectId: id,
      ...states,
      details,
    });
  }
}
