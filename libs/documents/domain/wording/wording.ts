/** Which digits Arabic contracts are printed with. */
export type Numerals = 'latin' | 'arabic-indic';

/** In whose units and on whose calendar values are told. */
export interface WordingContext {
  /** ISO 4217. */
  currency: string;
  /** IANA. */
  timeZone: string;
  /** Only Arabic has a choice; Latin where absent. */
  numerals?: Numerals;
}

/** The stretches over which a running total, a limit or a milestone is counted. */
export type CountedPeriod = 'month' | 'quarter' | 'year' | 'lifetime';

/**
 * Turns the values of a terms document into words. Every number that a contract or a remittance advice prints comes
 * through here, so the printed number cannot drift from the one that is priced. One implementation per language.
 */
export interface Wording {
  /** An amount in minor units of the document's currency: `USD 1,234.56`, never broken over two lines. */
  money(amountMinor: number | bigint): string;
  /** A canonical decimal rate in percent: `12.5 %`. */
  rate(percent: string): string;
  /** A whole number, grouped: `1,000`. */
  count(value: number): string;
  /** An ISO 8601 duration of years, months, weeks and days: `1 year and 6 months`. In Arabic in the genitive. */
  duration(iso: string): string;
  /** An instant (RFC 3339 or Date) on the clock of the document's zone, with zone and offset named. */
  instant(at: string | Date): string;
  /** A free text of the document in quotation marks. */
  quoted(text: string): string;
  /** `a, b or c`. */
  any(items: readonly string[]): string;
  /** How a list goes on after each of its items but the last: `;`. */
  itemEnd: string;
  /** What a period is called after `each` or `one`. */
  period(period: Exclude<CountedPeriod, 'lifetime'>): string;
  /** Where a running total counts: `in the same calendar month`. */
  over(period: CountedPeriod): string;
  /** Where a milestone counts: `within one calendar month`. */
  within(period: CountedPeriod): string;
  /** How often a milestone is paid: `once in each calendar month`. */
  onceIn(period: CountedPeriod): string;
  /** A payment method of the terms (`bank_transfer`); what this release has no word for is told as the terms have it. */
  method(method: string): string;
}
