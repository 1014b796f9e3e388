import { z } from 'zod';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import { faultsOfTexts, templateNamed } from '../../notifications/domain/index.js';
import { languageField } from './language.js';

const texts = z.record(z.string().max(40), z.string().trim().min(1).max(2000));

/** What a program's mails say where it says it in its own words. */
export const messageSettings = z
  .strictObject({
    /** Texts by mail, language and name: `{"application-received": {"en": {"opening": "Thank you, {recipient}."}}}`. */
    mails: z.record(z.string().max(60), z.partialRecord(languageField, texts)).default({}),
  })
  .prefault({});

/**
 * Refuses texts that no mail has or that could not be filled. A version that is made is checked, one that is read is not:
 * a later release may have other mails, and a text that it cannot use gives way to its own.
 *
 * @throws DomainError `invalid-document` with every fault's pointer
 */
export function refuseWrongTexts({ mails }: z.infer<typeof messageSettings>): void {
  const errors: FieldError[] = [];
  for (const [name, byLanguage] of Object.entries(mails)) {
    const template = templateNamed(name);
    const pointer = `/messages/mails/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (template === undefined) errors.push({ pointer, message: 'is no mail that a program sends' });
    else {
      for (const { path, message } of faultsOfTexts(template, byLanguage)) {
        errors.push({ pointer: `${pointer}/${path.join('/')}`, message });
      }
    }
  }
  if (errors.length > 0) throw new DomainError('invalid-document', 'the program is not valid', errors);
}
