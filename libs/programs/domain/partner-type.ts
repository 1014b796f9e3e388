/** What kind of partner somebody is; a program may make rules and templates by it. */
export const partnerTypes = [
  'affiliate',
  'influencer',
  'channel',
  'agency',
  'b2b',
  'media',
  'app',
  'charity',
  'ambassador',
  'other',
] as const;

export type PartnerType = (typeof partnerTypes)[number];

/** Whether a value, such as an answer to a form, names a type of partner. */
export function isPartnerType(value: unknown): value is PartnerType {
  return (partnerTypes as readonly unknown[]).includes(value);
}
