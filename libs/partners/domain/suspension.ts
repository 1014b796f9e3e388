/** Why a partner is suspended. Each cause is a suspension of its own and is ended by itself. */
export const suspensionCauses = [
  'fraud_review', // its events are being looked into
  'breach', // it does not keep an obligation
  'compliance', // a check of who it is, of sanctions or of taxes is open
  'payment_dispute', // an amount is disputed
  'inactivity', // it has not worked for the program for long
  'other', // the reason says what
] as const;

export type SuspensionCause = (typeof suspensionCauses)[number];
