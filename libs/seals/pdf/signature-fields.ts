import type { PdfFile } from './pdf-file.js';
import { textOf, type PdfDictionary, type PdfReference } from './values.js';

/** A field of the document's form: its name, its object and its dictionary, which is the widget's too. */
export interface FormField {
  name: string;
  number: number;
  dictionary: PdfDictionary;
}

/** The form as it stands after a revision; undefined where there is none. */
export function formOf(file: PdfFile, revision?: number): PdfDictionary | undefined {
  return file.dictionaryAt(file.catalog(revision), 'AcroForm', revision);
}

/**
 * The fields of the form in their order; undefined where one is not a plain terminal field with a name, or two share
 * one.
 */
export function formFields(file: PdfFile, revision?: number): FormField[] | undefined {
  const list = file.resolve(formOf(file, revision)?.entries.get('Fields'), revision);
  if (list?.kind !== 'array') return undefined;
  const fields: FormField[] = [];
  for (const item of list.items) {
    const field = item.kind === 'reference' ? fieldAt(file, item, revision) : undefined;
    if (!field || fields.some(({ name }) => name === field.name)) return undefined;
    fields.push(field);
  }
  return fields;
}

function fieldAt(file: PdfFile, { number }: PdfReference, revision?: number): FormField | undefined {
  const dictionary = file.object(number, revision)?.value;
  if (dictionary?.kind !== 'dictionary' || dictionary.entries.has('Kids')) return undefined;
  const name = dictionary.entries.get('T');
  return name?.kind === 'string' ? { name: textOf(name.bytes), number, dictionary } : undefined;
}

/** Whether the field is one for signatures. */
export function isSignatureField({ dictionary }: FormField): boolean {
  const type = dictionary.entries.get('FT');
  return type?.kind === 'name' && type.value === 'Sig';
}

/** What the field is filled with, as it stands after the last revision. */
export function signatureOf(file: PdfFile, { number }: FormField): PdfDictionary | undefined {
  const field = file.object(number)?.value;
  return field?.kind === 'dictionary' ? file.dictionaryAt(field, 'V') : undefined;
}
