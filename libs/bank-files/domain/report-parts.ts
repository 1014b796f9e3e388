import { unreadable } from './unreadable.js';
import type { XmlNode } from './xml-reader.js';

/** A reason that a bank gives: a code of ISO's external lists, or a word of its own. */
const reasonPattern = /^[A-Za-z0-9_.-]{1,35}$/;

/** The reason code below a status or a return; undefined where none is given. Texts of the bank are not taken over. */
export function reasonOf(parent: XmlNode | undefined): string | undefined {
  const reason = parent?.all('StsRsnInf')[0]?.find('Rsn') ?? parent?.find('RtrInf', 'Rsn');
  const code = (reason?.optional('Cd') ?? reason?.optional('Prtry'))?.text(35);
  if (code === undefined) return undefined;
  return reasonPattern.test(code) ? code : 'NARR';
}

/** An instant of ISO 8601; one without a zone is taken for UTC. @throws DomainError `invalid-document` */
export function instantOf(node: XmlNode): Date {
  const text = node.text(40);
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  const instant = new Date(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
  if (!isInstant || Number.isNaN(instant.getTime())) throw unreadable(node.place, 'must be an instant');
  return instant;
}

/** An id of another message as the bank repeats it; undefined where it is left out or says that there was none. */
export function idOf(node: XmlNode | undefined): string | undefined {
  const text = node?.text(35);
  return text === undefined || text === 'NOTPROVIDED' ? undefined : text;
}
