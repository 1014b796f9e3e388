import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../kernel/domain-error.js';
import { Settings } from '../platform/index.js';
import { faultOfUrl } from './domain/index.js';

/** Where a public name was found to lead to an address that no webhook goes to. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  readonly code = 'target-refused';
}

/** As Node's connections ask for addresses. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;

/** Global unicast is the only part of IPv6 that the internet routes (RFC 4291, 2.4; IANA's registry). */
const globalUnicast = ipaddr.IPv6.parse('2000::');
/** A cloud's metadata service on an address that is public by its form. */
const metadataAddresses = ['168.63.129.16'];
const lookupTimeoutMs = 3_000;

/**
 * Where webhooks may go: nowhere inside a network of ours, whatever the name. Names are looked up when an endpoint is
 * made, for an early answer, and again at each connection, on the very address that is connected to: a name that leads
 * elsewhere by then (DNS rebinding) is refused there.
 */
@Injectable()
export class TargetPolicy {
  constructor(private readonly settings: Settings) {}

  /** @throws DomainError `invalid-document` with a pointer to `/url` */
  async check(url: string): Promise<void> {
    const { NODE_ENV, WEBHOOK_ALLOW_PRIVATE: allowPrivate } = this.settings.env;
    const fault = faultOfUrl(url, { requireHttps: NODE_ENV === 'production', allowPrivate });
    if (fault !== undefined) throw refusal(fault);
    const host = hostOf(new URL(url));
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    if (!addresses.every((address) => this.allows(address))) {
      throw refusal('must not lead to a private, local or reserved address');
    }
  }

  /** Whether a webhook may go to this address. */
  allows(address: string): boolean {
    return this.settings.env.WEBHOOK_ALLOW_PRIVATE || isPublic(address);
  }

  /** Looks a name up for a connection. Fails with `TargetRefused` where any of its addresses may not be reached. */
  readonly lookup: Lookup = (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => this.allows(address))) {
        return callback(new TargetRefused('the address is not public'), []);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address in IPv6's clothes is judged as what it is.
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || metadataAddresses.includes(parsed.toString())) return false;
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast, 3);
}

/** The host of an address, an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The addresses of a name; none where it has none yet or nobody answers in time. */
function resolve(host: string): Promise<string[]> {
  return new Promise((done) => {
    const timer = setTimeout(() => done([]), lookupTimeoutMs);
    lookUp(host, { all: true }, (error, addresses) => {
      clearTimeout(timer);
      done(error ? [] : addresses.map(({ address }) => address));
    });
  });
}

function refusal(message: string): DomainError {
  return new DomainError('invalid-document', 'no webhook can go to this address', [{ pointer: '/url', message }]);
}
