import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './dice.js';
import type { Requests } from './requests.js';
import type { ChaosPartner, ChaosProgram, World } from './world.js';

const pauseMs = 2_500;

/** Partners and finance that change where partners are paid to, and those who decide on it: payments wait meanwhile. */
export class BankDetails {
  private last = 0;

  constructor(
    private readonly program: ChaosProgram,
    private readonly tokens: World['tokens'],
    private readonly requests: Requests,
    private readonly dice: Dice,
  ) {}

  /** Goes on until it is told to stop; no change is left open by itself then. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.change(this.dice.pick(this.program.partners));
      await sleep(this.dice.next() * pauseMs);
    }
  }

  private async change(partner: ChaosPartner): Promise<void> {
    const path = `/v1/partners/${partner.id}/payout-details`;
    const asked = await this.requests.act<{ id: string; standing: string }>({
      path,
      token: this.dice.chance(0.7) ? partner.token : this.tokens.finance,
      body: this.destination(),
      leaves: { subjectId: partner.id, action: 'partner.payout_details_asked' },
    });
    if ('refusal' in asked || asked.result.standing !== 'awaiting_approval') return;
    await sleep(this.dice.next() * pauseMs);
    const decision = this.dice.weighted({ approved: 60, rejected: 20, withdrawn: 20 });
    const address = `${path}/${asked.result.id}`;
    const leaves = { subjectId: partner.id, action: `partner.payout_details_${decision}` };
    if (decision === 'withdrawn') {
      const body = { reason: 'a mistake' };
      await this.requests.act({ path: `${address}/withdrawal`, token: partner.token, body, leaves });
      return;
    }
    const body = decision === 'approved' ? { action: 'approve' } : { action: 'reject', reason: 'not confirmed' };
    await this.requests.act({ path: `${address}/decision`, token: this.tokens.finance_approver, body, leaves });
  }

  private destination(): object {
    this.last += 1;
    if (this.dice.chance(0.5)) {
      const handle = `ada-${this.program.currency.toLowerCase()}-${this.last}@pay.example`;
      return { kind: 'handle', provider: 'paypal', handle };
    }
    const bban = `37040044${String(this.dice.whole(0, 9_999_999_999)).padStart(10, '0')}`;
    return { kind: 'iban', holder: 'Ada Perry', iban: germanIban(bban) };
  }
}

/** With the check digits of ISO 13616: 98 less the remainder by 97, `DE00` being written as digits behind the account. */
function germanIban(bban: string): string {
  const check = 98n - (BigInt(`${bban}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${bban}`;
}
