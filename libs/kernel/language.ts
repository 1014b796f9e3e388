/** The languages that contracts, mails and pages exist in (BCP 47). */
export const languages = ['en', 'id', 'ar'] as const;

export type Language = (typeof languages)[number];

/** Whether a language is written from right to left. */
export function isRightToLeft(language: Language): boolean {
  return language === 'ar';
}
