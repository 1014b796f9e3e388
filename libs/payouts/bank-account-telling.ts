import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { OutsideFailure } from '../kernel/outside-failure.js';
import { systemActor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { PayoutDestinations } from '../payees/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsService } from '../programs/index.js';
import {
  railIdempotencyKey,
  RailRefusal,
  RailUnavailable,
  type PayoutRail,
  type RailBankAccount,
} from './domain/index.js';
import { ItemCheck, type CheckedPayout, type ItemFinding } from './item-checks.js';
import { PayoutRails } from './payout-rails.js';
import { mapInFlight, uninterrupted, type Progress } from './progress.js';

/** An account at a rail whose partner is paid elsewhere by now. */
interface UntoldAccount {
  partner_id: string;
  program_id: string;
  rail: string;
  account_reference: string;
  details_id: string;
}

const takesBankAccounts = (rail: PayoutRail): boolean => 'setBankAccount' in rail;

/** Accounts that are looked up at a time. */
const untoldAtOnce = 200;

/** Whoever is later than this after taking an account does not call, and it is kept so much longer than its calls. */
const marginMs = 5_000;

/** The details that pay at an instant: `whose` and `at` are SQL. */
const inUse = (whose: string, at: string) =>
  `select id, kind from payout_details where partner_id = ${whose} and state = 'approved' and effective_at <= ${at}
   order by version desc limit 1`;

/** Tells rails that pay bank accounts of their own books where partners are paid to, once details are in use. */
@Injectable()
export class BankAccountTelling {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly destinations: PayoutDestinations,
    private readonly rails: PayoutRails,
  ) {}

  /**
   * Tells what rails do not know yet, of all programs or of one: each change under a key of its own, so that a repeat
   * after a crash changes nothing more. What a rail refuses is not told again; the partner's items are held until there
   * are other details.
   *
   * @returns how many accounts were told
   * @throws what a rail throws when it cannot be asked; the others are told first
   */
  async tellAll(programId?: string, { signal }: Progress = uninterrupted): Promise<number> {
    const names = this.rails.all.filter(takesBankAccounts).map(({ name }) => name);
    if (names.length === 0) return 0;
    const failures: unknown[] = [];
    let told = 0;
    let page: UntoldAccount[] = [];
    do {
      page = await this.untold(names, programId, page.at(-1));
      await mapInFlight(page, this.settings.env.RAIL_CALLS_IN_FLIGHT, async (account) => {
        signal.throwIfAborted();
        try {
          if (await this.tell(account)) told += 1;
        } catch (error) {
          failures.push(error);
        }
      });
    } while (page.length === untoldAtOnce);
    if (failures.length > 0) throw failures[0];
    return told;
  }

  /** As {@link tellAll}, for who goes on anyway: items of partners whose rail could not be told are held. */
  async tellReachable(programId: string, progress: Progress = uninterrupted): Promise<void> {
    try {
      await this.tellAll(programId, progress);
    } catch (error) {
      if (!(error instanceof OutsideFailure)) throw error;
    }
  }

  private untold(
    names: readonly string[],
    programId: string | undefined,
    after: UntoldAccount | undefined,
  ): Promise<UntoldAccount[]> {
    return this.database.query<UntoldAccount>(
      `select account.partner_id, account.program_id, account.rail, account.account_reference, details.id as details_id
       from payout_accounts account cross join lateral (${inUse('account.partner_id', '$2')}) details
       where account.rail = any($1) and ($3::text is null or account.program_id = $3)
         and (account.partner_id, account.rail) > ($4, $5)
         and account.told_details_id is distinct from details.id and account.refused_details_id is distinct from details.id
         and details.kind in ('iban', 'us_bank')
       order by account.partner_id, account.rail limit ${untoldAtOnce}`,
      [names, this.clock.now(), programId ?? null, after?.partner_id ?? '', after?.rail ?? ''],
    );
  }

  private async tell(account: UntoldAccount): Promise<boolean> {
    const rail = this.rails.of(account);
    const startedAt = performance.now();
    // By one process at a time: of two changes, the older one must not arrive last.
    if (!(await this.take(account))) return false;
    try {
      const found = await this.destinations.inUse(account.partner_id);
      // Others were approved meanwhile: they are told by the next round.
      if (found?.detailsId !== account.details_id) return false;
      const { destination } = found;
      if (destination.kind !== 'iban' && destination.kind !== 'us_bank') return false;
      if (performance.now() - startedAt > marginMs) {
        throw new RailUnavailable('held_up', 'telling a bank account: the process was held up before the call');
      }
      return await this.call(rail, account, destination);
    } finally {
      await this.database.query(`update payout_accounts set telling_until = null where partner_id = $1 and rail = $2`, [
        account.partner_id,
        account.rail,
      ]);
    }
  }

  /** Takes the account for as long as telling it may last; false while it is another's. */
  private async take({ partner_id, rail }: UntoldAccount): Promise<boolean> {
    // Two calls, each of which the client may make twice.
    const holdMs = 4 * this.settings.env.RAIL_TIMEOUT_MS + 2 * marginMs;
    const taken = await rowsOf(
      this.database.dataSource.manager,
      `update payout_accounts set telling_until = clock_timestamp() + make_interval(secs => $3::double precision / 1000)
       where partner_id = $1 and rail = $2 and (telling_until is null or telling_until < clock_timestamp())
       returning partner_id`,
      [partner_id, rail, holdMs],
    );
    return taken.length > 0;
  }

  private async call(rail: PayoutRail, account: UntoldAccount, destination: RailBankAccount): Promise<boolean> {
    const { currency } = (await this.programs.get(account.program_id)).document;
    const { RAIL_ENVIRONMENT } = this.settings.env;
    const idempotencyKey = railIdempotencyKey(RAIL_ENVIRONMENT, account.details_id, 1, rail.name);
    try {
      await rail.setBankAccount!(account.account_reference, destination, { currency, idempotencyKey });
    } catch (error) {
      if (!(error instanceof RailRefusal)) throw error;
      await this.record(account, 'refused', { code: error.code });
      return false;
    }
    await this.record(account, 'told');
    return true;
  }

  private async record(account: UntoldAccount, what: 'told' | 'refused', more: { code?: string } = {}): Promise<void> {
    const { partner_id: partnerId, program_id: programId, rail, details_id: detailsId } = account;
    await this.database.inTransaction(async (tx) => {
      await tx.query(`update payout_accounts set ${what}_details_id = $3 where partner_id = $1 and rail = $2`, [
        partnerId,
        rail,
        detailsId,
      ]);
      const details = { rail, detailsId, ...more };
      const type = outcomeTypes[what];
      const fact = { ...systemActor, programId, action: type, subjectId: partnerId };
      await this.audit.record(tx, { ...fact, details });
      await this.outbox.announce(tx, programId, { type, subjectId: partnerId, data: details });
    });
  }
}

const outcomeTypes = { told: 'payout_account.details_told', refused: 'payout_account.details_refused' } as const;

/** Holds the items of partners whose rail does not know yet, or refuses, the bank account that they are paid at now. */
export class ToldBankAccounts extends ItemCheck {
  constructor(
    private readonly rails: PayoutRails,
    private readonly clock: Clock,
  ) {
    super();
  }

  async findings(
    tx: Transaction,
    _programId: string,
    partners: readonly CheckedPayout[],
  ): Promise<ReadonlyMap<string, readonly ItemFinding[]>> {
    const concerned = partners.filter(({ rail }) => rail !== undefined && this.isTold(rail));
    if (concerned.length === 0) return new Map();
    const rows = await rowsOf<{ partner_id: string; details_id: string }>(
      tx,
      `select account.partner_id, details.id as details_id
       from unnest($1::text[], $2::text[]) as asked(partner_id, rail)
       join payout_accounts account on account.partner_id = asked.partner_id and account.rail = asked.rail
       cross join lateral (${inUse('asked.partner_id', '$3')}) details
       where account.told_details_id is distinct from details.id`,
      [concerned.map(({ partnerId }) => partnerId), concerned.map(({ rail }) => rail), this.clock.now()],
    );
    return new Map(
      rows.map((row) => [row.partner_id, [{ cause: 'bank_account_not_told', reference: row.details_id }]]),
    );
  }

  private isTold(name: string): boolean {
    return this.rails.all.some((rail) => rail.name === name && takesBankAccounts(rail));
  }
}
