import type { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributes } from '../orchestration/search-attributes.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;

const indexedTypes = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KEYWORD_LIST: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

/** Registers the search attributes that the namespace lacks; two processes that do so at once don't mind each other. */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const { operatorService } = client.connection as Connection;
  const namespace = client.options.namespace;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return;
  try {
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, indexedTypes[type]])),
    });
  } catch (error) {
    const registered = (await operatorService.listSearchAttributes({ namespace })).customAttributes;
    if (missing.some(({ name }) => !(name in registered))) throw error;
  }
}
