/** More certificates than any chain has: what holds more wants to keep its reader busy. */
export const mostCertificates = 16;
