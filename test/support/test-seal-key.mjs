/** The seal key of the tests: what its certificate says, and how long the key is. */
export const testSealKey = {
  commonName: 'Crescent Records Ltd.',
  notBefore: new Date('2025-01-01T00:00:00Z'),
  notAfter: new Date('2060-01-01T00:00:00Z'),
  modulusBits: 2048,
};
