import { DomainError, type FieldError } from '../../kernel/domain-error.js';

/** One mail to one person. */
export interface Mail {
  /** Our id of it (`mal_…`): a mail that is sent again keeps its id, and so can be recognised. */
  id: string;
  to: MailAddress;
  subject: string;
  text: string;
  html?: string;
  attachments?: readonly MailAttachment[];
}

export interface MailAddress {
  name?: string;
  address: string;
}

export interface MailAttachment {
  fileName: string;
  /** A media type: `application/pdf`. */
  contentType: string;
  content: Uint8Array;
}

/** One mailbox: no list, no comment, no route; letters beyond ASCII are let through for international addresses. */
const addressPattern = /^[^\s@<>()[\],;:"\\\p{C}]{1,64}@[^\s@<>()[\],;:"\\\p{C}]{1,255}$/u;
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;
const mediaTypePattern = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/;
const maxHeaderLength = 500;

/**
 * Refuses, as `malformed-request`, a mail whose header values could end their line and begin another header, or name
 * more than one recipient. The error points at the field and never repeats its value.
 */
export function assertSendable(mail: Mail): void {
  const errors: FieldError[] = [];
  const check = (pointer: string, holds: boolean, message: string) => {
    if (!holds) errors.push({ pointer, message });
  };
  check('/id', idPattern.test(mail.id), 'is not an id');
  check('/to/address', addressPattern.test(mail.to.address), 'is not a mail address');
  check('/to/name', isHeaderText(mail.to.name ?? ''), 'has characters that no header may have');
  check(
    '/subject',
    mail.subject !== '' && isHeaderText(mail.subject),
    'is empty or has characters that no header may have',
  );
  (mail.attachments ?? []).forEach((attachment, index) => {
    const fileName = attachment.fileName;
    check(`/attachments/${index}/fileName`, fileName !== '' && isHeaderText(fileName), 'is not a file name');
    check(`/attachments/${index}/contentType`, mediaTypePattern.test(attachment.contentType), 'is not a media type');
  });
  if (errors.length > 0) throw new DomainError('malformed-request', 'the mail cannot be sent as it is', errors);
}

function isHeaderText(text: string): boolean {
  return text.length <= maxHeaderLength && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text);
}
