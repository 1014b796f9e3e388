import type { AgreementDetail, AgreementVersionRow } from '../../../libs/agreements/index.js';

/** A version as answers show it. */
export function toVersionView(row: AgreementVersionRow) {
  return {
    version: row.version,
    termsHash: row.terms_hash,
    basis: row.basis,
    effectiveFrom: row.effective_from,
    effectiveUntil: row.effective_until,
    envelopeId: row.envelope_id,
  };
}

export function toDetailView({ versions, ...detail }: AgreementDetail) {
  return { ...detail, versions: versions.map(toVersionView) };
}
