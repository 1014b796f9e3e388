/** From which year on an information return is due from which sum on, in cents of a US dollar. */
interface DatedThreshold {
  fromYear: number;
  thresholdMinor: bigint;
}

/** Form 1099-NEC: USD 600 until 2025; USD 2,000 for payments from 2026 on (26 U.S.C. § 6041A as amended in 2025). */
const thresholds: readonly DatedThreshold[] = [
  { fromYear: 0, thresholdMinor: 60_000n },
  { fromYear: 2026, thresholdMinor: 200_000n },
];

/** The sum, in cents, from which on payments of a year are to be reported. */
export function reportingThresholdMinor(year: number): bigint {
  return thresholds.findLast(({ fromYear }) => fromYear <= year)?.thresholdMinor ?? 0n;
}

/** Whether a year's payments to one person are to be reported: by their sum, or because tax was withheld. */
export function isReportable(year: number, paidMinor: bigint, withheldMinor: bigint): boolean {
  return withheldMinor > 0n || paidMinor >= reportingThresholdMinor(year);
}
