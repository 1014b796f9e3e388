import { DestinationOf, type PayoutDestination } from '../../libs/payouts/index.js';

/** Partners' accounts, kept in memory. */
export class MemoryDestinations extends DestinationOf {
  private readonly byPartner = new Map<string, PayoutDestination>();

  set(partnerId: string, destination: PayoutDestination): void {
    this.byPartner.set(partnerId, destination);
  }

  of(partnerId: string): Promise<PayoutDestination | undefined> {
    return Promise.resolve(this.byPartner.get(partnerId));
  }
}

export const ibanDestination: PayoutDestination = {
  kind: 'iban',
  holder: 'Søren Müller',
  iban: 'FR1420041010050500013M02606',
  country: 'FR',
};

export const usDestination: PayoutDestination = {
  kind: 'us_bank',
  holder: 'Ana López',
  routingNumber: '121042882',
  accountNumber: '000123456789',
  accountType: 'checking',
};

/** The company's own side of bank files, for the environment. */
export const bankVariables = {
  BANK_DEBTOR_NAME: 'Pactline GmbH',
  BANK_DEBTOR_IBAN: 'DE89370400440532013000',
  BANK_DEBTOR_BIC: 'COBADEFFXXX',
  ACH_BANK: '021000021',
  ACH_BANK_NAME: 'Bank of Examples',
  ACH_IMMEDIATE_ORIGIN: '1234567890',
  ACH_COMPANY_NAME: 'Pactline Inc',
  ACH_COMPANY_ID: '1234567890',
};
