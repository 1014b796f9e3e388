import { DomainError } from '../kernel/domain-error.js';
import type { PayoutRail } from './domain/index.js';

/** The rails that this installation can speak to, by their names. */
export class PayoutRails {
  private readonly byName: ReadonlyMap<string, PayoutRail>;

  constructor(rails: readonly PayoutRail[]) {
    this.byName = new Map(rails.map((rail) => [rail.name, rail]));
  }

  /** @throws DomainError `unavailable` for a rail that is not in use */
  named(name: string): PayoutRail {
    const rail = this.byName.get(name);
    if (!rail) throw new DomainError('unavailable', `the rail ${name} is not in use`);
    return rail;
  }
}
