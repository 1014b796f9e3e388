/** Why a document is refused. Codes are part of the API: they are added, never renamed. */
export type FindingCode =
  | 'too-large'
  | 'malformed-document'
  | 'unexpected-content'
  | 'seal-missing'
  | 'seal-order'
  | 'forbidden-change'
  | 'changed-after-last-seal'
  | 'coverage-incomplete'
  | 'padding-not-zero'
  | 'seal-malformed'
  | 'weak-algorithm'
  | 'digest-mismatch'
  | 'signature-invalid'
  | 'unknown-certificate'
  | 'certificate-not-in-force'
  | 'time-stamp-invalid'
  | 'unknown-time-stamp-authority'
  | 'terms-missing'
  | 'terms-not-canonical'
  | 'terms-hash-not-printed'
  | 'terms-hash-mismatch'
  | 'evidence-malformed'
  | 'evidence-chain-broken'
  | 'evidence-head-mismatch'
  | 'evidence-document-mismatch'
  | 'evidence-seal-mismatch'
  | 'evidence-terms-mismatch'
  | 'evidence-signer-mismatch';

/** One thing that is wrong, for programs and for people. */
export interface Finding {
  code: FindingCode;
  message: string;
}

/** What a check has found; empty where all holds. */
export class Findings {
  readonly list: Finding[] = [];

  add(code: FindingCode, message: string): void {
    this.list.push({ code, message });
  }
}
