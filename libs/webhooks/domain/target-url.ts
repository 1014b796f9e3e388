/** What an address may be like, beside where it leads to. */
export interface TargetRules {
  /** Whether `https` alone is allowed. */
  requireHttps: boolean;
  /** Whether names and addresses of private networks are allowed. */
  allowPrivate: boolean;
}

const maxLength = 2_000;
const privateSuffixes = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home.arpa'];

/**
 * What is wrong with the address of a receiver, before anything is looked up; undefined where nothing is. Ports are those
 * of the web, or unprivileged ones: nobody is made to talk to a mail server by a webhook.
 */
export function faultOfUrl(text: string, { requireHttps, allowPrivate }: TargetRules): string | undefined {
  if (text.length > maxLength) return `must be at most ${maxLength} characters`;
  if (!URL.canParse(text)) return 'must be an absolute address';
  const url = new URL(text);
  if (url.protocol !== 'https:' && (url.protocol !== 'http:' || requireHttps)) {
    return requireHttps ? 'must begin with https://' : 'must begin with https:// or http://';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a user or a password';
  if (url.hash !== '') return 'must not have a fragment';
  const port = url.port === '' ? undefined : Number(url.port);
  if (port !== undefined && port < 1_024 && port !== 80 && port !== 443) return 'must be on port 80, 443 or above 1023';
  return allowPrivate || !isPrivateName(url.hostname) ? undefined : 'must be a public name';
}

/** Names that resolve inside a network only, whatever address they have right now. */
function isPrivateName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  const isAddress = name.startsWith('[') || /^\d+(\.\d+){3}$/.test(name);
  if (isAddress) return false;
  return !name.includes('.') || privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}
