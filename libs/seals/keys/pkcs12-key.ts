import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { LocalSealKey } from './local-key.js';
import { SealKeyUnavailable } from './seal-key.js';

const bagTypes = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
} as const;

/**
 * The key in a PKCS#12 file (RFC 7292), encrypted as OpenSSL 3 does it (PBES2, AES); the file's own integrity check must
 * hold.
 *
 * @param passphrase ASCII; the standard's two ways to encode others contradict each other
 * @throws SealKeyUnavailable where the file or the passphrase is wrong
 */
export async function readPkcs12Key(content: Uint8Array, passphrase: string): Promise<LocalSealKey> {
  const contents = await readContents(content, passphrase).catch(() => {
    // What the parser says may tell of the content.
    throw new SealKeyUnavailable('SEAL_KEY_FILE cannot be read as PKCS#12, or SEAL_KEY_PASSPHRASE is wrong');
  });
  if (contents.keys.length !== 1) throw new SealKeyUnavailable('SEAL_KEY_FILE must hold one private key');
  return new LocalSealKey(contents.keys[0]!, contents.certificates);
}

interface Contents {
  keys: ReturnType<typeof createPrivateKey>[];
  certificates: X509Certificate[];
}

async function readContents(content: Uint8Array, passphrase: string): Promise<Contents> {
  // Loaded only where such a file is used: the library is large.
  const pkijs = await import('pkijs');
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as never }));
  const password = arrayBuffer(Buffer.from(passphrase, 'latin1'));
  const pfx = pkijs.PFX.fromBER(arrayBuffer(content));
  await pfx.parseInternalValues({ password, checkIntegrity: true });
  const safe = pfx.parsedValue?.authenticatedSafe;
  if (!safe) throw new Error('the file holds nothing');
  await safe.parseInternalValues({ safeContents: safe.safeContents.map(() => ({ password })) });
  const result: Contents = { keys: [], certificates: [] };
  const parts = (safe.parsedValue as { safeContents: { value: InstanceType<typeof pkijs.SafeContents> }[] })
    .safeContents;
  for (const { bagId, bagValue } of parts.flatMap(({ value }) => value.safeBags)) {
    if (bagId === bagTypes.certificate) {
      const certificate = (bagValue as InstanceType<typeof pkijs.CertBag>).parsedValue as { toSchema(): Schema };
      result.certificates.push(new X509Certificate(derOf(certificate)));
    } else if (bagId === bagTypes.shroudedKey) {
      const bag = bagValue as InstanceType<typeof pkijs.PKCS8ShroudedKeyBag>;
      await (bag as unknown as { parseInternalValues(options: object): Promise<void> }).parseInternalValues({
        password,
      });
      if (bag.parsedValue) result.keys.push(privateKey(bag.parsedValue));
    } else if (bagId === bagTypes.key) {
      result.keys.push(privateKey(bagValue));
    }
  }
  return result;
}

interface Schema {
  toBER(): ArrayBuffer;
}

function derOf(value: { toSchema(): Schema }): Buffer {
  return Buffer.from(value.toSchema().toBER());
}

function privateKey(value: { toSchema(): Schema }): Contents['keys'][number] {
  return createPrivateKey({ key: derOf(value), format: 'der', type: 'pkcs8' });
}

/** A copy that is its buffer's only tenant, as the library wants it. */
function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
