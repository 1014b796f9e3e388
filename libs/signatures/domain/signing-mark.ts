import { DomainError } from '../../kernel/domain-error.js';

/** The sign that a signer makes beside its typed name: the name alone, strokes as an SVG path, or a picture. */
export type SigningMark =
  | { kind: 'typed' }
  | { kind: 'drawn'; format: 'svg-path'; data: string }
  | { kind: 'drawn'; format: 'png'; data: string };

export const maxPathLength = 20_000;
/** Characters of base64: 64 KiB of a picture. */
export const maxPictureLength = 87_400;

/** Moves, lines and curves with plain numbers: nothing that a viewer could take for a link or a script. */
const pathForm = /^[MLHVCSQTAZmlhvcsqtaz\d\s.,+-]+$/;
const base64Form = /^[A-Za-z0-9+/]+={0,2}$/;
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * The bytes of a drawn mark and their media type; undefined for a typed one.
 * @throws DomainError `malformed-request` for what is neither a path nor a PNG picture within the limits
 */
export function markBytes(mark: SigningMark): { bytes: Uint8Array; mediaType: string } | undefined {
  if (mark.kind === 'typed') return undefined;
  if (mark.format === 'svg-path') {
    const isPath = mark.data.length <= maxPathLength && /^\s*[Mm]/.test(mark.data) && pathForm.test(mark.data);
    if (!isPath) throw refused('must be an SVG path of strokes');
    return { bytes: Buffer.from(mark.data, 'utf8'), mediaType: 'image/svg+xml' };
  }
  if (mark.data.length > maxPictureLength || !base64Form.test(mark.data)) throw refused('must be a PNG in base64');
  const bytes = Buffer.from(mark.data, 'base64');
  if (!pngSignature.every((byte, index) => bytes[index] === byte)) throw refused('must be a PNG in base64');
  return { bytes, mediaType: 'image/png' };
}

function refused(message: string): DomainError {
  return new DomainError('malformed-request', 'the drawn mark cannot be read', [{ pointer: '/mark/data', message }]);
}
