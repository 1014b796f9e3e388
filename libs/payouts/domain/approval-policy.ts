/** How many people must approve a batch, by its amount (money.md, Controls). */
export interface ApprovalPolicy {
  /** Where no rule reaches. */
  required: number;
  /** From an amount on, in minor units of the program's currency, included. */
  rules: readonly { fromMinor: number; required: number }[];
}

/**
 * How many approvals a batch needs: by the rule with the highest amount that its total reaches.
 *
 * @param totalMinor minor units of the program's currency; undefined where the batch's currency has no rate: the
 *   strictest rule counts then
 */
export function requiredApprovals({ required, rules }: ApprovalPolicy, totalMinor: bigint | undefined): number {
  if (totalMinor === undefined) return Math.max(required, ...rules.map((rule) => rule.required));
  const reached = rules.filter(({ fromMinor }) => BigInt(fromMinor) <= totalMinor);
  const highest = reached.reduce<{ fromMinor: number; required: number } | undefined>(
    (best, rule) => (best === undefined || rule.fromMinor > best.fromMinor ? rule : best),
    undefined,
  );
  return highest?.required ?? required;
}

/** Why a person may not approve a batch. */
export type ApprovalBar = 'maker' | 'bank_details' | 'approved_before' | 'not_named';

/** What bars people from approving a batch. */
export interface ApprovalBars {
  /** Whoever submitted or last edited it. */
  makers: readonly (string | null)[];
  /** Whoever last changed the bank details of one of its partners. */
  bankDetailEditors: ReadonlySet<string>;
  /** Whoever has approved this very content. */
  approvers: readonly string[];
  /** Who may approve at all; undefined where everybody with the role may. */
  named: readonly string[] | undefined;
}

/** Why this person may not approve; undefined where it may. */
export function approvalBar(personId: string, bars: ApprovalBars): ApprovalBar | undefined {
  if (bars.makers.includes(personId)) return 'maker';
  if (bars.bankDetailEditors.has(personId)) return 'bank_details';
  if (bars.approvers.includes(personId)) return 'approved_before';
  return bars.named === undefined || bars.named.includes(personId) ? undefined : 'not_named';
}

/** Whether too few of the people who are named are left to give the approvals that are missing. */
export function isApprovalBlocked(bars: ApprovalBars, required: number): boolean {
  if (bars.named === undefined) return false;
  const left = new Set(bars.named.filter((personId) => approvalBar(personId, bars) === undefined));
  return left.size < required - bars.approvers.length;
}
