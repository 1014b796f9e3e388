import { DomainError } from '../../kernel/domain-error.js';

/**
 * What is wrong with a file, and where: a path of elements or a line. Texts of the file are never repeated, since they
 * may name accounts.
 */
export function unreadable(pointer: string, message: string): DomainError {
  return new DomainError('invalid-document', 'the bank file cannot be read', [{ pointer, message }]);
}

/** What cannot be written into a bank file, and where in what was given. */
export function unwritable(pointer: string, message: string): DomainError {
  return new DomainError('invalid-document', 'the bank file cannot be written', [{ pointer, message }]);
}
