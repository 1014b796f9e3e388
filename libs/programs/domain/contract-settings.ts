import { z } from 'zod';
import { styleErrors, type ContractStyle } from '../../documents/domain/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import { languageField } from './language.js';

/** One text in each language that contracts are made in. */
const texts = (longest: number) => z.partialRecord(languageField, z.string().trim().min(1).max(longest));

/** A clause of the program's own, printed in a section of its own. */
const ownClause = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens'),
  heading: texts(200),
  /** Paragraphs by line breaks; a line that begins with `• ` is an item of a list. */
  text: texts(4000),
});

/** What contracts of the program look like. */
export const contractSettings = z
  .strictObject({
    /** The languages that contracts and mails are made in; the first one where a partner speaks none of them. */
    languages: z
      .array(languageField)
      .min(1)
      .max(10)
      .refine((list) => new Set(list).size === list.length, 'must name each language once')
      .default(['en']),
    /**
     * The digits of Arabic contracts. Latin ones are the default: rails, statements and the API show them, they can be
     * searched for with any keyboard, and beside a Latin currency code they leave no doubt about the order of digits.
     */
    numerals: z.enum(['latin', 'arabic-indic']).default('latin'),
    /** Sentences in place of the clause library's, by language and address (`percent.text`). */
    wordings: z
      .partialRecord(languageField, z.record(z.string().max(100), z.string().trim().min(1).max(2000)))
      .default({}),
    clauses: z.array(ownClause).max(50).default([]),
    /** Whom partners ask about their contract; the partner manager's address in `contacts` where absent. */
    support: z.union([z.email(), z.url({ protocol: /^https?$/ })]).optional(),
  })
  .prefault({});

type ContractSettings = z.infer<typeof contractSettings>;

/** The words and digits that contracts of a program are printed with. */
export function contractStyle(document: {
  contract: ContractSettings;
  contacts: { partner_manager?: string | undefined };
}): ContractStyle {
  const { numerals, wordings, clauses, support = document.contacts.partner_manager } = document.contract;
  const words = wordings as NonNullable<ContractStyle['wordings']>;
  return { numerals, wordings: words, clauses, ...(support !== undefined && { support }) };
}

/**
 * Throws DomainError `invalid-document`, with pointers from the program on, where its words do not fit the clause
 * library. Only what is newly written is checked so: a version that is stored stays readable with every library.
 */
export function assertContractWords(contract: ContractSettings): void {
  const style = { wordings: contract.wordings, clauses: contract.clauses } as ContractStyle;
  const errors = styleErrors(style, contract.languages).map(({ pointer, message }) => ({
    pointer: `/contract${pointer}`,
    message,
  }));
  if (errors.length > 0) throw new DomainError('invalid-document', 'the words of the contract are not valid', errors);
}
