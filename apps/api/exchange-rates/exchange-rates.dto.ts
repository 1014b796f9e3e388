import { z } from 'zod';
import { maxRatesPerCall } from '../../../libs/commissions/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';

const currency = z.string().regex(/^[A-Z]{3}$/);

const rate = z.strictObject({
  /** The UTC day whose events it converts. */
  date: z.iso.date(),
  from: currency,
  to: currency,
  /** Units of `to` for one unit of `from`, both in major units: a plain positive decimal. */
  rate: z.string().regex(/^\d{1,18}(\.\d{1,18})?$/),
});

export const ratesBody = z.strictObject({ rates: z.array(rate).min(1).max(maxRatesPerCall) });

export const recordedRates = z.object({
  recorded: z.int(),
  /** Told before, with the same rate. */
  known: z.int(),
});

export const ratePage = pageOf(rate);

export const ratesQuery = z.strictObject(pageFields);
