import type { CompiledTerms } from './compile-terms.js';

/** A half-open interval; epoch milliseconds. */
export interface Stretch {
  readonly fromMs: number;
  /** Not included; undefined while no end is set. */
  readonly untilMs?: number | undefined;
}

/** One agreement version and the interval in which it is in force. */
export interface InForce extends Stretch {
  readonly terms: CompiledTerms;
  /** Id of the agreement version; absent in simulations. */
  readonly versionId?: string | undefined;
}

/** A version as pricing takes it: it knows which totals its rules go on with. */
export interface AgreementPeriod extends InForce {
  /**
   * Names the totals of each rule and bonus by its id. Two versions that name the same ones share them (terms.md, Pricing 1).
   */
  readonly totalsKeys: ReadonlyMap<string, string>;
}

/**
 * The versions of one partner, in the order of time, made ready for pricing. Totals, limits and milestones of a rule go on
 * from one version to the next while what they count stays the same, else they start again; so they do after a version
 * that did not have the rule.
 */
export function agreementPeriods(versions: readonly InForce[]): AgreementPeriod[] {
  const periods: AgreementPeriod[] = [];
  versions.forEach((version, index) => {
    const before = periods.at(-1);
    const keys = new Map<string, string>();
    for (const [id, counted] of version.terms.counted) {
      const goesOn = before?.terms.counted.get(id) === counted;
      keys.set(id, (goesOn ? before?.totalsKeys.get(id) : undefined) ?? `${id}#${index}`);
    }
    periods.push({ ...version, totalsKeys: keys });
  });
  return periods;
}

/** Whether a partner with these versions may have a share of events that name nobody. */
export function mayShareEvents(versions: readonly AgreementPeriod[]): boolean {
  return versions.some(({ terms }) => terms.attribution !== undefined);
}

/** The version in force at an instant (epoch milliseconds): its start is included, its end is not. */
export function versionAt<Version extends InForce>(versions: readonly Version[], atMs: number): Version | undefined {
  for (const version of versions) {
    if (lastsAt(version, atMs)) return version;
  }
  return undefined;
}

/** Whether an interval holds an instant (epoch milliseconds). */
export function lastsAt({ fromMs, untilMs }: Stretch, atMs: number): boolean {
  return atMs >= fromMs && (untilMs === undefined || atMs < untilMs);
}
