/** An agreement in force that a contract is to change. */
export interface ChangedAgreement {
  /** The number of the version that goes on until the new one begins. */
  changedVersion: number;
}

/** What stands in mails about the contract of a change, so that nobody takes it for the first one. */
export const changeOf = {
  en: 'It changes the agreement: version {version} stays in force until the new one begins.',
  id: 'Ini mengubah perjanjian: versi {version} tetap berlaku sampai versi yang baru dimulai.',
  ar: 'وهي تعديل للاتفاقية: تبقى النسخة {version} سارية حتى تبدأ النسخة الجديدة.',
} as const;
