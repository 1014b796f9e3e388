import { DomainError } from '../kernel/domain-error.js';
import { RailUnavailable, type PayoutRail } from './domain/index.js';

/** The rails that this installation can speak to, by their names, and the one of those who name none. */
export class PayoutRails {
  private readonly byName: ReadonlyMap<string, PayoutRail>;

  constructor(
    readonly all: readonly PayoutRail[],
    private readonly standardName: string,
  ) {
    this.byName = new Map(all.map((rail) => [rail.name, rail]));
  }

  /** @throws DomainError `unavailable` for a rail that is not in use */
  named(name: string): PayoutRail {
    const rail = this.byName.get(name);
    if (!rail) throw new DomainError('unavailable', `the rail ${name} is not in use`);
    return rail;
  }

  /** The name of the rail of a batch, or of a program's settings: that of the installation where they name none. */
  nameOf({ rail }: { rail?: string | null | undefined }): string {
    return rail ?? this.standardName;
  }

  /**
   * The rail of a batch, of an attempt, or of a program's settings.
   *
   * @throws RailUnavailable while the environment has it no more: what is on its way there waits until it has it again
   */
  of(what: { rail?: string | null | undefined }): PayoutRail {
    const name = this.nameOf(what);
    const rail = this.byName.get(name);
    if (!rail) throw new RailUnavailable('rail_not_configured', `the rail ${name} is not in use`);
    return rail;
  }
}
