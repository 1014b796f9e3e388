import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Keyring } from '../kernel/keyring.js';
import { encryptingDataConverter } from './data-converter.js';

export interface TemporalSettings {
  address: string;
  namespace: string;
  keyring: Keyring;
}

/**
 * Address, TLS and API key by Temporal's own variables (`TEMPORAL_ADDRESS`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS…`), read
 * by `@temporalio/envconfig`. What the settings say of the address wins.
 */
export function temporalConnectionOptions({ address }: Pick<TemporalSettings, 'address'>): ConnectionOptions {
  const { connectionOptions } = loadClientConnectConfig();
  return { ...connectionOptions, address };
}

/**
 * A client with the payload codec that connects when it is first used, so that its process starts without the server and
 * outlives an outage; the caller closes its connection.
 */
export function lazyTemporalClient(settings: TemporalSettings): Client {
  const connection = Connection.lazy({ ...temporalConnectionOptions(settings), connectTimeout: '10 s' });
  return new Client({
    connection,
    namespace: settings.namespace,
    dataConverter: encryptingDataConverter(settings.keyring),
  });
}

/** A connected client with the payload codec; the caller closes its connection. */
export async function connectTemporalClient(settings: TemporalSettings): Promise<Client> {
  const connection = await Connection.connect({ ...temporalConnectionOptions(settings), connectTimeout: '10 s' });
  return new Client({
    connection,
    namespace: settings.namespace,
    dataConverter: encryptingDataConverter(settings.keyring),
  });
}
