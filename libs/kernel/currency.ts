/**
 * Minor-unit exponents by ISO 4217 (list one), for the currencies whose exponent is not 2. `Intl` is no source for
 * them: it follows cash practice and is wrong for HUF and IDR.
 */
const exponents: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** The active codes of ISO 4217 whose minor unit is a hundredth. */
const hundredths =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG';

const known = new Map<string, number>([
  ...hundredths.split(' ').map((code) => [code, 2] as const),
  ...Object.entries(exponents),
]);

/** The active codes of ISO 4217 that have a minor unit. */
export const currencyCodes: readonly string[] = [...known.keys()];

/** Whether `code` is an active ISO 4217 currency with a minor unit. */
export function isCurrency(code: string): boolean {
  return known.has(code);
}

/** Digits behind the decimal point of a currency's amounts (ISO 4217); throws for an unknown code. */
export function minorUnitExponent(currency: string): number {
  const exponent = known.get(currency);
  if (exponent === undefined) throw new RangeError(`unknown currency: ${currency}`);
  return exponent;
}
