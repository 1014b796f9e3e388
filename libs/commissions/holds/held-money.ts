import { Injectable } from '@nestjs/common';
import { rowsOf, type Transaction } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { hold, LedgerService, net, releaseHold, type PartnerOccasion } from '../../ledger/index.js';
import { RunningBalances } from '../domain/line-movements.js';
import type { HoldRow } from './hold-rows.js';

interface EventMoney {
  event_id: string;
  partner_id: string;
  currency: string;
  minor: string;
}

/** Tells the parts of an event apart. */
function partKey({ event_id, partner_id }: { event_id: string; partner_id: string }): string {
  return `${partner_id} ${event_id}`;
}

/** Money that had vested when its event was held: from payable to held and back. The partners' money locks must be held. */
@Injectable()
export class HeldLineMoney {
  constructor(
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Takes what the events of new holds have brought out of payable, as far as it is still there. What a batch has
   * reserved or paid stays as it is. Of an event that is held already, nothing is left to take.
   */
  async take(tx: Transaction, programId: string, holds: readonly HoldRow[], actorId: string): Promise<void> {
    if (holds.length === 0) return;
    const byPart = new Map(holds.map((each) => [partKey(each), each]));
    const eventIds = [...new Set(holds.map(({ event_id }) => event_id))];
    const vested = (await vestedOf(tx, programId, eventIds)).filter((each) => byPart.has(partKey(each)));
    if (vested.length === 0) return;
    const partnerIds = [...new Set(vested.map(({ partner_id }) => partner_id))];
    const balances = await this.ledger.partnerBalances(tx, programId, ['payable'], partnerIds);
    const payable = new RunningBalances(({ partnerId, currency }) => balances.of('payable', partnerId, currency));
    const takings = vested.flatMap((each) => {
      const { event_id: eventId, partner_id: partnerId, currency, minor } = each;
      const wanted = BigInt(minor);
      const there = payable.take({ partnerId, currency, tender: 'money' }, wanted);
      const amountMinor = there < wanted ? there : wanted;
      const key = byPart.get(partKey(each))?.id ?? '';
      if (amountMinor <= 0n) return [];
      return [hold(this.occasion({ key, partnerId, eventId, currency, amountMinor, actorId }))];
    });
    await this.ledger.post(tx, programId, takings);
  }

  /** Gives back what the holds of an event have taken; what the partner owes is paid from it first. */
  async giveBack(tx: Transaction, { id: key, program_id, event_id, partner_id }: HoldRow, actorId: string) {
    const taken = await takenFor(tx, program_id, event_id, partner_id);
    const balances = await this.ledger.partnerBalances(tx, program_id, ['partner_receivable'], [partner_id]);
    const transactions = taken.flatMap(({ currency, minor }) => {
      const amountMinor = BigInt(minor);
      const common = { key, partnerId: partner_id, eventId: event_id, currency, actorId };
      const owed = balances.of('partner_receivable', partner_id, currency);
      const netted = owed < amountMinor ? owed : amountMinor;
      const released = releaseHold(this.occasion({ ...common, amountMinor }));
      return netted > 0n ? [released, net(this.occasion({ ...common, amountMinor: netted }))] : [released];
    });
    await this.ledger.post(tx, program_id, transactions);
  }

  private occasion(of: {
    key: string;
    partnerId: string;
    eventId: string;
    currency: string;
    amountMinor: bigint;
    actorId: string;
  }): PartnerOccasion {
    const { eventId, ...rest } = of;
    return { ...rest, eventAt: this.clock.now(), refs: { eventId } };
  }
}

/**
 * What events and their refunds and voids have left in payable, as far as no batch has reserved or paid it: what is only
 * drafted can still be taken. More than 0.
 */
function vestedOf(tx: Transaction, programId: string, eventIds: readonly string[]): Promise<EventMoney[]> {
  return rowsOf<EventMoney>(
    tx,
    `with source as (
       select id as event_id, id as source_id from unnest($2::text[]) as id
       union all
       select coalesce(r.refund_of, r.void_of), r.id from events r
       where r.program_id = $1 and coalesce(r.refund_of, r.void_of) = any($2) and r.type in ('refund', 'void'))
     select source.event_id, a.owner_id as partner_id, e.currency, -sum(e.amount_minor) as minor
     from source
     join ledger_transactions t on t.program_id = $1 and t.event_id = source.source_id
     join ledger_entries e on e.transaction_id = t.id
     join ledger_accounts a on a.id = e.account_id and a.code = 'payable'
     where not exists (select from payout_item_entries mapped join payout_items item on item.id = mapped.item_id
                       where mapped.entry_id = e.id and item.state not in ('pending', 'screened', 'held', 'superseded'))
     group by source.event_id, a.owner_id, e.currency having -sum(e.amount_minor) > 0
     order by source.event_id, a.owner_id, e.currency`,
    [programId, eventIds],
  );
}

/** What holds of one event have in `held`. More than 0. */
function takenFor(tx: Transaction, programId: string, eventId: string, partnerId: string) {
  return rowsOf<{ currency: string; minor: string }>(
    tx,
    `select e.currency, -sum(e.amount_minor) as minor
     from ledger_transactions t
     join ledger_entries e on e.transaction_id = t.id
     join ledger_accounts a on a.id = e.account_id and a.code = 'held' and a.owner_id = $3
     where t.program_id = $1 and t.event_id = $2 and t.kind in ('hold', 'release_hold')
     group by e.currency having -sum(e.amount_minor) > 0 order by e.currency`,
    [programId, eventId, partnerId],
  );
}
