/** The version of the clause library that contracts are printed with; it goes into the evidence of each signature. */
export const documentTemplateVersion = 'pactline.clauses/1';
