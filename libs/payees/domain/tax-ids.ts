/** What kind of number a tax id is. */
export type TaxIdKind = 'ssn' | 'itin' | 'ein' | 'foreign_tin' | 'vat';

/**
 * Prefixes that no employer identification number has: the Internal Revenue Service publishes which ones its campuses
 * assign.
 */
const unassignedEinPrefixes = new Set('00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97'.split(' '));

/**
 * The form of a VAT identification number behind its prefix, by prefix, as the European Commission's VIES states them;
 * `XI` is Northern Ireland, `EL` is Greece. `GB` has left the Union and kept the form.
 */
const vatForms: Readonly<Record<string, RegExp>> = {
  AT: /^U\d{8}$/,
  BE: /^[01]\d{9}$/,
  BG: /^\d{9,10}$/,
  CY: /^\d{8}[A-Z]$/,
  CZ: /^\d{8,10}$/,
  DE: /^\d{9}$/,
  DK: /^\d{8}$/,
  EE: /^\d{9}$/,
  EL: /^\d{9}$/,
  ES: /^(?!\d{9}$)[A-Z\d]\d{7}[A-Z\d]$/,
  FI: /^\d{8}$/,
  FR: /^[A-HJ-NP-Z\d]{2}\d{9}$/,
  GB: /^(\d{9}|\d{12}|GD\d{3}|HA\d{3})$/,
  HR: /^\d{11}$/,
  HU: /^\d{8}$/,
  IE: /^(\d[A-Z\d+*]\d{5}[A-Z]|\d{7}[A-Z]{2})$/,
  IT: /^\d{11}$/,
  LT: /^(\d{9}|\d{12})$/,
  LU: /^\d{8}$/,
  LV: /^\d{11}$/,
  MT: /^\d{8}$/,
  NL: /^[A-Z\d+*]{10}\d{2}$/,
  PL: /^\d{10}$/,
  PT: /^\d{9}$/,
  RO: /^\d{2,10}$/,
  SE: /^\d{12}$/,
  SI: /^\d{8}$/,
  SK: /^\d{10}$/,
  XI: /^(\d{9}|\d{12}|GD\d{3}|HA\d{3})$/,
};

/** A tax id in its stored form: capitals, without blanks, dots, hyphens and slashes. */
export function normalTaxId(text: string): string {
  return text.replace(/[\s./-]/g, '').toUpperCase();
}

/** Whether `id`, in its stored form, can be a number of this kind of the country. Says nothing about whether it was given out. */
export function isTaxId(kind: TaxIdKind, id: string, country: string): boolean {
  switch (kind) {
    case 'ssn':
      return isSsn(id);
    case 'itin':
      return isItin(id);
    case 'ein':
      return /^\d{9}$/.test(id) && !unassignedEinPrefixes.has(id.slice(0, 2));
    case 'vat':
      return isVatId(id, country);
    case 'foreign_tin':
      return /^[A-Z\d]{4,20}$/.test(id) && /\d/.test(id);
  }
}

/** Social security numbers: no area 000, 666 or 900 and above, no group 00, no serial 0000. */
function isSsn(id: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(id);
}

/** Individual taxpayer numbers: they begin with 9, and their groups are 50 to 65, 70 to 88, 90 to 92 or 94 to 99. */
function isItin(id: string): boolean {
  if (!/^9\d{8}$/.test(id)) return false;
  const group = Number(id.slice(3, 5));
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group !== 93);
}

/** The number begins with a prefix of its country: `EL` for Greece, `XI` beside `GB` for the United Kingdom. */
function isVatId(id: string, country: string): boolean {
  const prefix = id.slice(0, 2);
  const allowed = country === 'GR' ? ['EL'] : country === 'GB' ? ['GB', 'XI'] : [country];
  return allowed.includes(prefix) && (vatForms[prefix]?.test(id.slice(2)) ?? false);
}
