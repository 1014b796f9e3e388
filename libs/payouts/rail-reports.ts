import { Injectable } from '@nestjs/common';
import { Database, rowOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { BatchStatus } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import { RailRefusal, RailThrottled, RailWebhookRejected, type PayoutRail, type RailEvent } from './domain/index.js';
import { ItemOutcomes } from './item-outcomes.js';
import { ItemPages } from './item-pages.js';
import { ItemSender } from './item-sender.js';
import { PayoutRails } from './payout-rails.js';
import { mapInFlight, pause, type Progress } from './progress.js';
import { batchStatus, readBatchRow, type ItemRow } from './rows.js';

/** Where the rail's own events stand in the outbox and the inbox: they belong to no program before they are read. */
const anyProgram = '*';

/**
 * What a send's own answer tells as well is looked at this much later, when the answer was written down or is lost: else
 * every payment would be fetched again while it is being written down.
 */
const creationPatienceMs = 30_000;

/** What the rail reports, by webhook or when asked. A webhook is a hint: the transfer is fetched and that is applied. */
@Injectable()
export class RailReports {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly outbox: Outbox,
    private readonly rails: PayoutRails,
    private readonly outcomes: ItemOutcomes,
    private readonly sender: ItemSender,
    private readonly pages: ItemPages,
  ) {}

  /**
   * Takes a webhook in: signature checked over the bytes as they came, stored once per event, and left to the worker.
   * Events about anything but transfers are acknowledged and forgotten.
   *
   * @throws DomainError `unauthenticated` for one that the rail did not sign, or signed too long ago
   */
  async receiveWebhook(rawBody: Uint8Array | string, signature: string): Promise<void> {
    const { rail, event } = this.parse(rawBody, signature);
    const { eventId, type, reference } = event;
    if (reference === undefined) return;
    await this.database.inTransaction(async (tx) => {
      const isNew = await rowOf(
        tx,
        `insert into rail_inbox (program_id, rail, event_id, type, reference, received_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (rail, event_id) do nothing returning event_id`,
        [anyProgram, rail.name, eventId, type, reference, this.clock.now()],
      );
      const afterMs = rail.creationEvents.includes(type) ? creationPatienceMs : 0;
      if (isNew) await this.outbox.railEvent(tx, anyProgram, { rail: rail.name, eventId }, afterMs);
    });
  }

  /**
   * Fetches the transfer that an event names and applies what the rail says of it now; an applied event does nothing, and
   * neither does one that tells only of the making of a transfer that is known to be settled.
   */
  async applyRailEvent({ rail, eventId }: { rail: string; eventId: string }): Promise<void> {
    const event = await rowOf<{ type: string; reference: string; applied_at: Date | null; is_settled: boolean }>(
      this.database.dataSource.manager,
      `select type, reference, applied_at, exists (select from payout_items where rail_reference = reference
         and state in ('settled', 'returned')) as is_settled
       from rail_inbox where rail = $1 and event_id = $2`,
      [rail, eventId],
    );
    if (!event) throw new DomainError('not-found', `no event ${eventId} of the rail ${rail}`);
    if (event.applied_at !== null) return;
    const told = this.rails.named(rail);
    const markApplied = `update rail_inbox set applied_at = $3 where rail = $1 and event_id = $2`;
    const mark = [rail, eventId, this.clock.now()];
    const isKnown = event.is_settled && told.creationEvents.includes(event.type);
    const transfer = isKnown ? undefined : await this.fetchKnown(event.reference, told);
    // A transfer that the rail does not know moves nothing; the poll would find it if it ever came to be.
    if (!transfer) await this.database.query(markApplied, mark);
    else await this.outcomes.applyTransfer(rail, transfer, (tx) => tx.query(markApplied, mark));
  }

  /**
   * Asks the rail about every item of a batch that has no end yet: fetches what it has, probes for what it may have, and
   * sends again (same key, inside the window) what it has not.
   */
  async refreshOpenItems(batchId: string, progress: Progress): Promise<BatchStatus> {
    const manager = this.database.dataSource.manager;
    const rail = this.rails.of(await readBatchRow(manager, batchId));
    const { RAIL_CALLS_IN_FLIGHT: limit } = this.settings.env;
    await this.pages.each(manager, batchId, ['submitted'], (items) =>
      mapInFlight(items, limit, (item) => this.refresh(rail, item, progress)),
    );
    await this.sender.recoverAll(batchId, progress);
    return batchStatus(manager, batchId);
  }

  private async refresh(rail: PayoutRail, { rail_reference: reference }: ItemRow, progress: Progress): Promise<void> {
    if (reference === null) return;
    for (;;) {
      progress.signal.throwIfAborted();
      try {
        const transfer = await this.fetchKnown(reference, rail);
        if (transfer) await this.outcomes.applyTransfer(rail.name, transfer);
        return;
      } catch (error) {
        if (!(error instanceof RailThrottled)) throw error;
        await pause(error.retryAfterMs, progress.signal);
      }
    }
  }

  private async fetchKnown(reference: string, rail: PayoutRail) {
    try {
      return await rail.fetch(reference);
    } catch (error) {
      if (error instanceof RailRefusal) return undefined;
      throw error;
    }
  }

  /** By the rail that signed it and has something to say of it; of those that share a provider only one has. */
  private parse(rawBody: Uint8Array | string, signature: string): { rail: PayoutRail; event: RailEvent } {
    let signed: { rail: PayoutRail; event: RailEvent } | undefined;
    for (const rail of this.rails.all) {
      const event = eventOf(rail, rawBody, signature);
      if (event?.reference !== undefined) return { rail, event };
      if (event) signed = { rail, event };
    }
    if (!signed) throw new DomainError('unauthenticated', 'the webhook is not signed by the rail');
    return signed;
  }
}

/** What a webhook says to a rail; undefined where the rail did not sign it. */
function eventOf(rail: PayoutRail, rawBody: Uint8Array | string, signature: string): RailEvent | undefined {
  try {
    return rail.parseWebhook(rawBody, signature);
  } catch (error) {
    if (error instanceof RailWebhookRejected) return undefined;
    throw error;
  }
}
