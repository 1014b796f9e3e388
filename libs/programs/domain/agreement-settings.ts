import { z } from 'zod';
import { isTermsPattern } from '../../agreements/domain/index.js';
import { consentField } from './consent.js';
import { cronField, elapsedField } from './settings-fields.js';

/**
 * What decides who earns how much, when it is paid and how long it lasts. Obligations and the governing law are left: of
 * them a notice is enough.
 */
const usuallyMaterial = [
  ...['/currency', '/timeZone', '/commissions', '/bonuses', '/tiers', '/attribution', '/payment', '/term'],
  '/legal/exclusivity',
];

const termsPattern = z
  .string()
  .max(200)
  .refine(isTermsPattern, 'must be a JSON pointer into a terms document, with * for any one part');

const renewalConsent = {
  version: '2026-01',
  text: 'I have read the terms named by their hash and agree that the agreement goes on under them for another term.',
  texts: {
    id: 'Saya telah membaca ketentuan yang disebut dengan hash-nya dan setuju bahwa perjanjian ini berlanjut berdasarkan ketentuan itu untuk satu masa lagi.',
    ar: 'قرأت الشروط المحددة ببصمتها الرقمية وأوافق على استمرار الاتفاقية بموجبها لمدة أخرى.',
  },
};

/** How agreements in force live on: notices before they renew or end, renewals, what a change needs. */
export const agreementSettings = z
  .strictObject({
    /** How long before a term ends both sides are told, the longest first. */
    noticesBefore: z.array(elapsedField).max(5).default(['P60D', 'P14D']),
    /** When the calendar is looked at: what fell due since is done, however long that was. */
    calendar: z.strictObject({ schedule: cronField }).default({ schedule: '10 * * * *' }),
    /** Renewal of agreements that need consent: when it is offered, and what the partner agrees to. */
    renewal: z
      .strictObject({
        offerBefore: elapsedField.default('P60D'),
        /** Offered in the partner's language. */
        consent: consentField.default(renewalConsent),
      })
      .prefault({}),
    /** A change of which a notice is enough: how long before it applies the partner is told, and whether it may object. */
    noticeOfChange: z
      .strictObject({ period: elapsedField.default('P30D'), mayObject: z.boolean().default(true) })
      .prefault({}),
    /** The fields of the terms whose change needs the partner's consent anew; of all others a notice is enough. */
    material: z.array(termsPattern).max(100).default(usuallyMaterial),
  })
  .prefault({});
