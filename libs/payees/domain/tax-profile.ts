import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import { isCountry } from '../../kernel/country.js';
import { isTaxId, normalTaxId, type TaxIdKind } from './tax-ids.js';

/** What a partner signed about its taxes: forms of the Internal Revenue Service, or a VAT id for everybody else. */
export const taxForms = ['w9', 'w8ben', 'w8ben_e', 'vat'] as const;
export type TaxForm = (typeof taxForms)[number];

/** A profile as its partner states it. */
export interface StatedTaxProfile {
  form: TaxForm;
  /** ISO 3166-1: where the partner is resident for tax. */
  country: string;
  legalName: string;
  /** Lines of the address, as an invoice prints them. */
  address: readonly string[];
  taxId?: string | undefined;
  taxIdKind?: TaxIdKind | undefined;
  /** The day the form was signed, `YYYY-MM-DD`; forms of the Internal Revenue Service have one. */
  signedOn?: string | undefined;
}

/** What is encrypted of a profile. */
export interface TaxSecrets {
  legalName: string;
  address: readonly string[];
  taxId: string | null;
}

export interface TaxProfile {
  form: TaxForm;
  country: string;
  taxIdKind: TaxIdKind | null;
  signedOn: string | null;
  /** The last day on which it holds, `YYYY-MM-DD`; null where it holds until it is replaced. */
  expiresOn: string | null;
  secrets: TaxSecrets;
}

const kindsOf: Readonly<Record<TaxForm, readonly TaxIdKind[]>> = {
  w9: ['ssn', 'itin', 'ein'],
  w8ben: ['foreign_tin', 'ssn', 'itin'],
  w8ben_e: ['foreign_tin', 'ein'],
  vat: ['vat'],
};

/**
 * The profile in its stored form; `today` is the day in the program's zone.
 * @throws DomainError `invalid-document` with a pointer per fault; a fault never repeats the value
 */
export function checkTaxProfile(stated: StatedTaxProfile, today: string): TaxProfile {
  const taxId = stated.taxId === undefined ? undefined : normalTaxId(stated.taxId);
  const errors = [...faultsOf(stated, taxId, today)];
  if (errors.length > 0) throw new DomainError('invalid-document', 'the tax profile is not valid', errors);
  const { form, country, legalName, address, taxIdKind = null, signedOn = null } = stated;
  return {
    form,
    country,
    taxIdKind: taxId === undefined ? null : taxIdKind,
    signedOn,
    expiresOn: signedOn === null ? null : expiryOf(form, signedOn),
    secrets: { legalName, address, taxId: taxId ?? null },
  };
}

/** A W-8 holds until the end of the third calendar year after the one it was signed in; the others until they are replaced. */
export function expiryOf(form: TaxForm, signedOn: string): string | null {
  return form === 'w8ben' || form === 'w8ben_e' ? `${Number(signedOn.slice(0, 4)) + 3}-12-31` : null;
}

/** Whether a profile still holds on a day. */
export function isValidOn({ expiresOn }: Pick<TaxProfile, 'expiresOn'>, day: string): boolean {
  return expiresOn === null || day <= expiresOn;
}

function* faultsOf(stated: StatedTaxProfile, taxId: string | undefined, today: string): Generator<FieldError> {
  const { form, country, taxIdKind, signedOn } = stated;
  const isAmerican = form === 'w9';
  if (!isCountry(country)) yield { pointer: '/country', message: 'must be a country of ISO 3166-1' };
  else if (isAmerican && country !== 'US') yield { pointer: '/country', message: 'must be US for a W-9' };
  else if (!isAmerican && country === 'US') yield { pointer: '/form', message: 'must be w9 for a person of the US' };
  if (taxId === undefined) {
    if (isAmerican || form === 'vat') yield { pointer: '/taxId', message: 'is needed for this form' };
    if (taxIdKind !== undefined) yield { pointer: '/taxIdKind', message: 'belongs to a tax id' };
  } else if (taxIdKind === undefined || !kindsOf[form].includes(taxIdKind)) {
    yield { pointer: '/taxIdKind', message: `must be one of ${kindsOf[form].join(', ')} for this form` };
  } else if (!isTaxId(taxIdKind, taxId, country)) {
    yield { pointer: '/taxId', message: 'does not have the form of such a number' };
  }
  if ((form === 'vat') !== (signedOn === undefined)) {
    yield { pointer: '/signedOn', message: 'belongs to forms that are signed, and those need it' };
  } else if (signedOn !== undefined && signedOn > today) {
    yield { pointer: '/signedOn', message: 'must not lie in the future' };
  } else if (signedOn !== undefined && !isValidOn({ expiresOn: expiryOf(form, signedOn) }, today)) {
    yield { pointer: '/signedOn', message: 'is so long ago that the form has expired' };
  }
}
