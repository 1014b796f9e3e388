/** In which way two applications may be of the same applicant. */
export type ContactKind = 'email' | 'company' | 'web_site';

export interface ContactKey {
  kind: ContactKind;
  /** The same for two that mean the same, whatever way they are written. */
  key: string;
}

/** Words that companies carry behind their name by law, in the languages that partners come from most. */
const legalForms = new Set(
  (
    'ltd limited llc llp inc incorporated corp corporation co company plc gmbh ag ug kg ohg sa sas sarl srl spa bv nv ' +
    'ab as oy aps pty pte pvt pt cv tbk sdn bhd fze fzco fzllc lda kk'
  ).split(' '),
);

/** What an application is compared with others of its program by. */
export function contactKeys(applicant: {
  email: string;
  company?: string | undefined;
  webSites: readonly string[];
}): ContactKey[] {
  const company = applicant.company === undefined ? '' : companyKey(applicant.company);
  const hosts = new Set(applicant.webSites.map(webSiteHost));
  return [
    { kind: 'email', key: emailKey(applicant.email) },
    ...(company === '' ? [] : [{ kind: 'company' as const, key: company }]),
    ...[...hosts].map((key) => ({ kind: 'web_site' as const, key })),
  ];
}

/**
 * A mail address without what does not tell mail boxes apart: upper and lower case, a tag behind `+`, and at Google the
 * dots. Some servers tell `A@` from `a@`; no provider gives them to two people.
 */
export function emailKey(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  const mailbox = address.slice(0, at).normalize('NFKC').toLowerCase().split('+', 1)[0]!;
  const isGoogle = domain === 'gmail.com' || domain === 'googlemail.com';
  // A mail box that is only a tag keeps it.
  const name = mailbox === '' ? address.slice(0, at).toLowerCase() : mailbox;
  return isGoogle ? `${name.replaceAll('.', '')}@gmail.com` : `${name}@${domain}`;
}

/** A company's name without case, accents, punctuation and the words for its legal form; empty where none is left. */
export function companyKey(name: string): string {
  const words = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[.'’]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const telling = words.filter((word) => !legalForms.has(word));
  return (telling.length > 0 ? telling : words).join(' ');
}

/** The host of a web site in lower case, without `www.`; the address itself where it has no host. */
export function webSiteHost(address: string): string {
  if (!URL.canParse(address)) return address.toLowerCase();
  return new URL(address).hostname.replace(/^www\./, '').replace(/\.$/, '');
}
