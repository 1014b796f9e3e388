import { webcrypto, X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';

/** Signs bytes as a plain CMS SignedData, detached, with a library that knows nothing of PDF: what a seal is measured by. */
export class BareSigner {
  private constructor(
    private readonly privateKey: webcrypto.CryptoKey,
    private readonly certificate: pkijs.Certificate,
  ) {}

  /** @param privateKey PKCS#8 in PEM @param certificate in PEM */
  static async create(privateKey: string, certificate: string): Promise<BareSigner> {
    pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as never }));
    const der = Buffer.from(privateKey.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const key = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
    return new BareSigner(key, pkijs.Certificate.fromBER(new X509Certificate(certificate).raw));
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    const digest = await webcrypto.subtle.digest('SHA-256', bytes);
    const attributes = [
      new pkijs.Attribute({
        type: '1.2.840.113549.1.9.3',
        values: [new asn1js.ObjectIdentifier({ value: '1.2.840.113549.1.7.1' })],
      }),
      new pkijs.Attribute({
        type: '1.2.840.113549.1.9.4',
        values: [new asn1js.OctetString({ valueHex: digest })],
      }),
    ];
    const signed = new pkijs.SignedData({
      version: 1,
      encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: '1.2.840.113549.1.7.1' }),
      signerInfos: [
        new pkijs.SignerInfo({
          version: 1,
          sid: new pkijs.IssuerAndSerialNumber({
            issuer: this.certificate.issuer,
            serialNumber: this.certificate.serialNumber,
          }),
          signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes }),
        }),
      ],
      certificates: [this.certificate],
    });
    await signed.sign(this.privateKey, 0, 'SHA-256', bytes);
    const content = new pkijs.ContentInfo({
      contentType: '1.2.840.113549.1.7.2',
      content: signed.toSchema(true),
    });
    return new Uint8Array(content.toSchema().toBER(false));
  }
}
