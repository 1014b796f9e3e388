import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Registered at start. They serve operations; lists that people see come from PostgreSQL. Never personal data. */
export const searchAttributes = {
  programId: defineSearchAttributeKey('ProgramId', SearchAttributeType.KEYWORD),
  partnerId: defineSearchAttributeKey('PartnerId', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD),
  signatureStatus: defineSearchAttributeKey('SignatureStatus', SearchAttributeType.KEYWORD),
  batchStatus: defineSearchAttributeKey('BatchStatus', SearchAttributeType.KEYWORD),
  awaitingRole: defineSearchAttributeKey('AwaitingRole', SearchAttributeType.KEYWORD_LIST),
  dueAt: defineSearchAttributeKey('DueAt', SearchAttributeType.DATETIME),
} as const;
