import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { isCountry } from '../../kernel/country.js';
import type { FieldError } from '../../kernel/domain-error.js';
import {
  languageField,
  maxReferences,
  partnerTypes,
  standardFields,
  standardFieldUse,
  type ApplicationSettings,
} from '../../programs/domain/index.js';

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line');
const email = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/, 'must be a mail address');
const phone = z
  .string()
  .trim()
  .max(40)
  .regex(/^\+?[0-9][0-9 ()./-]{4,}$/, 'must be a phone number, such as +44 20 7946 0958');
const countryMessage = 'must be the two letters of a country (ISO 3166-1), in capitals';
const country = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: countryMessage, abort: true })
  .refine(isCountry, countryMessage);
const webSite = z.string().trim().max(500).refine(isWebAddress, 'must be an http(s) address');

const reference = z.strictObject({
  name: line(200),
  email: email.optional(),
  phone: phone.optional(),
  relation: line(200).optional(),
});

/**
 * What an applicant sends: who it is, who vouches for it, and the answers to the program's own questions. Phone numbers
 * become E.164; one without a country code is read as one of the applicant's country.
 */
export const applicationForm = z
  .strictObject({
    name: line(200),
    email,
    phone: phone.optional(),
    company: line(200).optional(),
    /** ISO 3166-1 alpha-2. */
    country: country.optional(),
    webSites: z.array(webSite).max(10).default([]),
    partnerType: z.enum(partnerTypes).optional(),
    /** The language that the applicant is written to in; the form's first one where it says none. */
    language: languageField.optional(),
    references: z.array(reference).max(maxReferences).default([]),
    /** The program's own questions, as its form's schema has them. */
    form: z.record(z.string().max(40), z.unknown()).default({}),
    /** The consent text that was read, by its version; only `true` is consent. */
    consent: z.strictObject({ version: z.string().min(1).max(40), given: z.literal(true) }).optional(),
  })
  .transform((form, context) => {
    const real = (text: string | undefined, path: PropertyKey[]): string | undefined => {
      if (text === undefined) return undefined;
      const number = e164(text, form.country);
      if (number === undefined) {
        const message = 'must be a phone number that exists, with its country code or beside a country';
        context.addIssue({ code: 'custom', path, message });
      }
      return number;
    };
    const { phone: own, references, ...rest } = form;
    const number = real(own, ['phone']);
    return {
      ...rest,
      ...(number === undefined ? {} : { phone: number }),
      references: references.map(({ phone: contact, ...person }, index): z.output<typeof reference> => {
        const reached = real(contact, ['references', index, 'phone']);
        return reached === undefined ? person : { ...person, phone: reached };
      }),
    };
  });

export type ApplicationForm = z.output<typeof applicationForm>;

/** A phone number in E.164; undefined for one that the numbering plan of its country does not have. */
export function e164(text: string, inCountry?: string): string | undefined {
  const number = parsePhoneNumberFromString(text, inCountry as CountryCode | undefined);
  return number?.isValid() ? number.number : undefined;
}

/** What of the standard questions a program wants otherwise: missing, not asked for, or without its consent. */
export function standardFieldErrors(settings: ApplicationSettings, form: ApplicationForm): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of standardFields) {
    const value = form[field];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    const use = standardFieldUse(settings, field);
    if (use === 'required' && !isGiven) errors.push({ pointer: `/${field}`, message: 'is missing' });
    if (use === 'hidden' && isGiven) errors.push({ pointer: `/${field}`, message: 'is not asked for' });
  }
  if (form.language !== undefined && !settings.languages.includes(form.language)) {
    errors.push({ pointer: '/language', message: `must be one of ${settings.languages.join(', ')}` });
  }
  const { consent } = settings;
  if (consent && form.consent?.version !== consent.version) {
    const pointer = form.consent ? '/consent/version' : '/consent';
    errors.push({ pointer, message: `must be given to the text with the version ${consent.version}` });
  }
  return errors;
}

function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s]+$/i.test(text) || !URL.canParse(text)) return false;
  const { hostname, username, password } = new URL(text);
  return hostname.includes('.') && username === '' && password === '';
}
