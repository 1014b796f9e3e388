import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Settings } from '../platform/index.js';
import { SealKeySource } from './keys/key-source.js';
import { SealKeyUnavailable, type SealKey } from './keys/seal-key.js';
import { TimestampUnavailable } from './timestamp/authorities.js';
import { timestampPdf } from './timestamp/timestamp-pdf.js';
import { readCertificates } from './verify/certificates.js';
import { sealPdf, type SealRequest } from './seal-pdf.js';

/** Whether seals can be made, and until when. */
export interface SealHealth {
  state: 'ready' | 'expiring' | 'expired' | 'missing';
  /** The end of the certificate, where there is one. */
  notAfter?: Date;
}

const dayMs = 24 * 3600 * 1000;

/** Makes seals with the installation's key. */
@Injectable()
export class SealService {
  private readonly logger = new Logger(SealService.name);
  private loaded: SealKey | undefined;

  constructor(
    private readonly keys: SealKeySource,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /**
   * Seals a PDF by filling one of its reserved fields. The same arguments and key give the same bytes.
   *
   * @throws SealKeyUnavailable, worth a retry; SealingError and PdfSyntaxError where the document cannot be sealed
   */
  async seal(pdf: Uint8Array, request: SealRequest): Promise<Uint8Array> {
    return sealPdf(pdf, request, await this.usableKey());
  }

  /** Whether the environment names time-stamp authorities. */
  get isTimestampConfigured(): boolean {
    return this.settings.env.TSA_URLS !== undefined;
  }

  /**
   * Appends a document time-stamp and validation data. Tokens differ each time: what this answers is stored before it is
   * named anywhere.
   *
   * @throws TimestampUnavailable, worth a retry; SealingError and PdfSyntaxError where the document cannot be stamped
   */
  async timestamp(pdf: Uint8Array): Promise<Uint8Array> {
    const { TSA_URLS: urls, TSA_POLICY: policy, TSA_TIMEOUT_MS: timeoutMs } = this.settings.env;
    if (urls === undefined) throw new TimestampUnavailable('TSA_URLS is missing: no time-stamp authority is known');
    const trusted = (await this.timestampAuthorities()).flatMap(readCertificates);
    return timestampPdf(pdf, { urls: urls.split(','), trusted, policy, timeoutMs });
  }

  /** The certificates that time-stamps are trusted by, as PEM texts. */
  async timestampAuthorities(): Promise<string[]> {
    return this.certificateFile('TSA_CERTIFICATES');
  }

  /** Never throws: a key that cannot be read is a missing one. */
  async health(now: Date): Promise<SealHealth> {
    try {
      // One that is not in force may have been replaced since it was read.
      if (!isInForce(await this.key(), now)) this.loaded = undefined;
      return healthOf(await this.key(), now, this.settings.env.SEAL_EXPIRY_WARNING_DAYS * dayMs);
    } catch (error) {
      if (error instanceof SealKeyUnavailable) return { state: 'missing' };
      throw error;
    }
  }

  /**
   * The certificates that this installation's seals are trusted by, as PEM texts: that of the key, and those that the
   * environment names, such as the ones of earlier keys. Never by itself the issuer that comes with the key: whoever buys
   * a certificate of the same authority could then seal contracts of ours.
   */
  async trustedCertificates(): Promise<string[]> {
    const own = await this.key().then(
      ({ certificates: [certificate] }) => [new X509Certificate(certificate!).toString()],
      (): string[] => [],
    );
    return [...own, ...(await this.certificateFile('SEAL_TRUSTED_CERTIFICATES'))];
  }

  /** The text of a file of certificates; none, with a warning, where it cannot be read: then less is trusted. */
  private async certificateFile(variable: 'SEAL_TRUSTED_CERTIFICATES' | 'TSA_CERTIFICATES'): Promise<string[]> {
    const file = this.settings.env[variable];
    if (file === undefined) return [];
    try {
      const text = await readFile(file, 'utf8');
      readCertificates(text);
      return [text];
    } catch {
      this.logger.warn(`the file of ${variable} cannot be read as certificates in PEM`);
      return [];
    }
  }

  private async usableKey(): Promise<SealKey> {
    const now = this.clock.now();
    const known = await this.key();
    if (isInForce(known, now)) return known;
    // The file may have been replaced since.
    this.loaded = undefined;
    const renewed = await this.key();
    if (isInForce(renewed, now)) return renewed;
    throw new SealKeyUnavailable('the certificate of the seal key is not in force');
  }

  private async key(): Promise<SealKey> {
    return (this.loaded ??= await this.keys.load());
  }
}

function isInForce({ notBefore, notAfter }: SealKey, now: Date): boolean {
  return now >= notBefore && now <= notAfter;
}

function healthOf(key: SealKey, now: Date, warningMs: number): SealHealth {
  const { notAfter } = key;
  if (!isInForce(key, now)) return { state: 'expired', notAfter };
  return { state: notAfter.getTime() - now.getTime() < warningMs ? 'expiring' : 'ready', notAfter };
}
