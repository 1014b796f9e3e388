/** The names of the signature fields in a contract; an evidence certificate has the company's alone. */
export const sealFields = { partner: 'PartnerSeal', company: 'CompanySeal' } as const;
