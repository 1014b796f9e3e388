import { der, derChild, derChildren, readDer, type DerNode } from './der.js';

/** The fields of the certificate's TBSCertificate (RFC 5280, 4.1), without its version. */
function fieldsOf(certificate: Buffer): DerNode[] {
  const fields = derChildren(derChild(derChildren(readDer(certificate).content), 0, 0x30).content);
  return fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
}

/** Issuer and serial number as the certificate writes them. */
export function issuerAndSerial(certificate: Buffer): { issuer: Buffer; serialNumber: Buffer } {
  const fields = fieldsOf(certificate);
  return { serialNumber: derChild(fields, 0, 0x02).bytes, issuer: derChild(fields, 2, 0x30).bytes };
}

/** The extension of this type: whether it is critical, and its value in DER; undefined where there is none. */
export function certificateExtension(
  certificate: Buffer,
  type: string,
): { critical: boolean; value: Buffer } | undefined {
  const wrapper = fieldsOf(certificate).find(({ tag }) => tag === 0xa3);
  if (!wrapper) return undefined;
  const identifier = der.oid(type);
  for (const { content } of derChildren(derChild(derChildren(wrapper.content), 0, 0x30).content)) {
    const parts = derChildren(content);
    if (!parts[0]?.bytes.equals(identifier)) continue;
    const critical = parts[1]?.tag === 0x01 && parts[1].content[0] === 0xff;
    return { critical, value: derChild(parts, parts.length - 1, 0x04).content };
  }
  return undefined;
}
